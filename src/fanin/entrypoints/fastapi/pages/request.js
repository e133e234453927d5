// A request for an operation of the description: its fields, and the same in other languages.
let api;

function resolved(node) {
  if (!node?.$ref) return node;
  return node.$ref.slice(2).split("/").reduce((at, step) => at?.[step.replaceAll("~1", "/").replaceAll("~0", "~")], api);
}

// A schema with its references put in. One that stands inside itself stays a reference.
function expanded(node, inside = []) {
  if (Array.isArray(node)) return node.map(item => expanded(item, inside));
  if (node === null || typeof node !== "object") return node;
  if (typeof node.$ref === "string") {
    return inside.includes(node.$ref) ? node : expanded(resolved(node), [...inside, node.$ref]);
  }
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, expanded(value, inside)]));
}

function constraints(schema) {
  const said = [schema.type];
  if (schema.type === "array") {
    const each = schema.items?.enum?.join(" or ") ?? constraints(schema.items ?? {});
    said.splice(0, 1, "a list, separated by commas", each && `each ${each}`);
  }
  if (schema.minLength !== undefined) said.push(`${schema.minLength} to ${schema.maxLength ?? "any number of"} characters`);
  if (Math.abs(schema.minimum) < Number.MAX_SAFE_INTEGER) said.push(`at least ${schema.minimum}`);
  if (Math.abs(schema.maximum) < Number.MAX_SAFE_INTEGER) said.push(`at most ${schema.maximum}`);
  if (schema.pattern) said.push(`matching ${schema.pattern}`);
  if (schema.default !== undefined) said.push(`default ${schema.default}`);
  return said.filter(Boolean).join(", ");
}

// What says who asks, as a header of its own. The page keeps it nowhere but in its field.
function credentials(operation) {
  const names = new Set((operation.security ?? []).flatMap(needed => Object.keys(needed)));
  const schemes = [...names].map(name => api.components?.securitySchemes?.[name]).filter(Boolean);
  return schemes.filter(scheme => scheme.type === "http" || scheme.in === "header").map(scheme => ({
    name: scheme.name ?? "Authorization", in: "header", secret: true, schema: {},
    prefix: scheme.type === "http" ? "Bearer " : "",
    description: [scheme.description, scheme.type === "http" ? "the token, without Bearer" : ""].filter(Boolean).join(" · ")}));
}

function sampleOf(schema, depth = 0) {
  if (schema === null || typeof schema !== "object" || depth > 8) return null;
  if (schema.examples?.length) return schema.examples[0];
  if (schema.default !== undefined) return schema.default;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  const type = [schema.type].flat()[0];
  if (type === "object" || schema.properties) {
    const wanted = Object.entries(schema.properties ?? {}).filter(([name]) => schema.required?.includes(name));
    return Object.fromEntries(wanted.map(([name, member]) => [name, sampleOf(member, depth + 1)]));
  }
  if (type === "array") return Array.from({length: Math.min(schema.minItems ?? 0, 3)}, () => sampleOf(schema.items ?? {}, depth + 1));
  if (type === "string") return "x".repeat(Math.min(schema.minLength ?? 0, 20));
  if (type === "integer" || type === "number") return schema.minimum ?? 1;
  return type === "boolean" ? false : null;
}

function bodyOf(operation) {
  const content = resolved(operation.requestBody)?.content?.["application/json"];
  if (!content) return [];
  const schema = expanded(content.schema ?? {});
  const example = content.example ?? Object.values(content.examples ?? {})[0]?.value ?? sampleOf(schema);
  return [{name: "body", in: "body", schema, example, required: resolved(operation.requestBody).required, description: "JSON"}];
}

// What a phone's keyboard has to have: those for numbers have no minus.
function keyboard({type, minimum}) {
  if (!/integer|number/.test(type) || !(minimum >= 0)) return undefined;
  return type === "integer" ? "numeric" : "decimal";
}

function control(id, parameter, schema) {
  const attributes = {id, name: parameter.name, "aria-describedby": `${id}-about`, required: parameter.required ? "" : undefined};
  const options = schema.enum ?? (schema.type === "boolean" ? [true, false] : null);
  if (parameter.in === "body") {
    const made = element("textarea", {...attributes, rows: 8, spellcheck: "false"});
    made.value = pretty(parameter.example);
    return made;
  }
  const example = schema.examples?.[0] ?? parameter.example;
  if (options) {
    const made = element("select", attributes, ...["", ...options].map(value => element("option", {text: String(value)})));
    if (parameter.required) made.value = String(example ?? options[0]);
    return made;
  }
  const made = element("input", {...attributes, type: parameter.secret ? "password" : undefined, autocomplete: "off", inputmode: keyboard(schema)});
  if (parameter.required) made.value = example ?? ""; else made.placeholder = schema.default ?? example ?? "";
  return made;
}

// The fields of an operation: each with its label, its input and what it may be.
function fields(id, operation) {
  const parameters = [...(operation.parameters ?? []).map(resolved), ...credentials(operation), ...bodyOf(operation)];
  return parameters.map((parameter, number) => {
    const schema = expanded(parameter.schema ?? {}), own = `${id}-${number}`;
    const input = control(own, parameter, schema);
    const about = [...new Set([parameter.description, schema.description, parameter.in === "body" ? "" : constraints(schema)])].filter(Boolean).join(" · ");
    const shown = element("div", {class: "field"},
      element("label", {for: own, class: parameter.required ? "needed" : undefined, text: parameter.name}),
      input, element("p", {class: "soft", id: `${own}-about`, text: about}));
    return {...parameter, list: schema.type === "array", input, shown};
  });
}

const DELIMITERS = {pipeDelimited: "|", spaceDelimited: " "};

// The texts that a value is sent as: a list is written with commas, and sent by its own separator or item by item.
function textsOf(value, {list, explode, style}) {
  if (!list) return [value];
  const items = value.split(",").map(item => item.trim());
  return explode === false ? [items.join(DELIMITERS[style] ?? ",")] : items;
}

// What is filled in, in its parts. What is empty and need not be there is left out.
function filledIn(method, path, filled) {
  const asked = {method: method.toUpperCase(), template: path, path: {}, query: [], headers: {}, cookies: [], secrets: {}, body: ""};
  for (const field of filled) {
    const {name, in: place, input, prefix = "", secret, required} = field;
    const texts = place === "body" ? [input.value] : textsOf(input.value.trim(), field), [value] = texts;
    if (input.value.trim() === "" && !(required && place === "path")) continue;
    if (place === "path") asked.path[name] = value;
    else if (place === "query") for (const text of texts) asked.query.push([name, text]);
    else if (place === "header") asked.headers[name] = prefix + value;
    else if (place === "cookie") asked.cookies.push(`${name}=${value}`);
    else { asked.body = value; asked.headers["Content-Type"] = "application/json"; }
    if (secret) asked.secrets[name] = prefix;
  }
  if (asked.cookies.length) asked.headers.Cookie = asked.cookies.join("; ");
  return asked;
}

// Says what a page leaves out: a browser sends the cookies that it has, and no others.
function unsent({cookies}) {
  const names = cookies.map(cookie => cookie.split("=", 1)[0]);
  return names.length ? `ithout the ${names.length === 1 ? "cookie" : "cookies"} ${names.join(", ")}: a page cannot send one.` : "";
}

// Beside this page, wherever that is: behind a stage's name as well.
function address({template, path: values, query}, prefix = "") {
  const path = prefix + template.replace(/\{(\w+)\}/g, (all, name) => encodeURIComponent(values[name] ?? ""));
  const url = new URL("." + path, location.href);
  url.search = new URLSearchParams(query);
  return url;
}

// The headers as they may be seen: what says who asks is left for the reader to put in.
function visible(asked) {
  return Object.entries(asked.headers).map(([name, value]) => [name, name in asked.secrets ? `${asked.secrets[name]}YOUR-SECRET` : value]);
}

function asCurl(asked) {
  const quoted = text => `'${text.replaceAll("'", "'\\''")}'`;
  const method = asked.method === "GET" ? [] : ["-X", asked.method];
  const body = asked.body ? ["--data-raw", quoted(asked.body)] : [];
  return ["curl -i", ...method, ...visible(asked).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`), ...body, quoted(address(asked).href)].join(" ");
}

function asPython(asked) {
  const text = value => JSON.stringify(value);
  const headers = visible(asked).map(([name, value]) => `${text(name)}: ${text(value)}`);
  const parts = [text(asked.method), text(address(asked).href)];
  if (headers.length) parts.push(`headers={${headers.join(", ")}}`);
  if (asked.body) parts.push(`content=${text(asked.body)}.encode()`);
  return `import httpx\n\nresponse = httpx.request(\n${parts.map(part => `    ${part},\n`).join("")})\nprint(response.headers.get("fanin-complete"), response.json())`;
}

function asJavaScript(asked) {
  const parts = asked.method === "GET" ? [] : [`method: ${JSON.stringify(asked.method)}`];
  const headers = visible(asked).filter(([name]) => name !== "Cookie");
  if (headers.length) parts.push(`headers: ${JSON.stringify(Object.fromEntries(headers))}`);
  if (asked.body) parts.push(`body: ${JSON.stringify(asked.body)}`);
  const options = parts.length ? `, {\n${parts.map(part => `  ${part},\n`).join("")}}` : "";
  return `const response = await fetch(${JSON.stringify(address(asked).href)}${options});\nconsole.log(response.headers.get("Fanin-Complete"), await response.json());`;
}
