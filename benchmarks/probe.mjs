// What probe.py is, for a handler in JavaScript. Usage: node probe.mjs MODULE EVENT CASES
import { readFileSync } from "node:fs";

const [, , module, file, written] = process.argv;
const [[first], ...cases] = JSON.parse(written);
const event = JSON.parse(readFileSync(file, "utf8"));
const cpu = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
const time = () => performance.now() / 1000;

async function ask(path) {
  const { requestContext } = event;
  const http = { ...requestContext.http, path };
  const answer = await handler({ ...event, rawPath: path, requestContext: { ...requestContext, http } });
  if (answer.statusCode !== 200) throw new Error(JSON.stringify(answer));
}

const began = cpu();
const { handler } = await import(module);
await ask(first);
const found = [cpu() - began];
for (const [path, calls, kind] of cases) {
  await ask(path);
  if (kind === "cpu") {
    const before = cpu();
    for (let call = 0; call < calls; call++) await ask(path);
    found.push((cpu() - before) / calls);
  } else {
    const took = [];
    for (let call = 0; call < calls; call++) {
      const moment = time();
      await ask(path);
      took.push(time() - moment);
    }
    found.push(took.sort((a, b) => a - b)[Math.floor(calls / 2)]);
  }
}
console.error(JSON.stringify(found));
process.exit(); // whatever connections are kept
