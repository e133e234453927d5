/**
 * Answers as they arrive: a client of fanin's WebSocket protocol (docs/websocket.md) and of its streams
 * (docs/streams.md), for browsers.
 * One file, no build step, no dependencies:
 *
 *     import { Live } from "./fanin-live.js";
 *
 *     const live = new Live("wss://example.org/live");
 *     const trip = live.subscribe("trip", { city: "Lisbon" }, {
 *       every: "30s",                                     // without it: one round
 *       onSource: (name, value, message) => { … },        // a source has arrived, or has changed
 *       onProblem: (problem, name) => { … },              // a source has failed; without a name, the subscription has
 *       onComplete: (message) => { … },                   // every source of a round has been told
 *     });
 *     trip.unsubscribe();
 *     live.close();
 *
 *     const once = stream("/trip/Lisbon", { headers: { … }, onSource, onProblem, onComplete }); // by HTTP, one round
 *     once.close();
 *
 * It connects when there is something to ask for. A connection that ends is made anew, after a pause that grows from
 * half a second to half a minute, and every subscription that had not ended is asked for again; so it is where a message
 * was lost, which its number shows, or where nothing is heard for too long. After each of these, the first round tells of
 * every source anew. Messages that are delivered twice are told once.
 */

const FIRST_PAUSE = 500; // milliseconds: the pauses before a connection is made anew are up to this, doubled each time,
const LONGEST_PAUSE = 30_000; // and no longer than this
const SILENCE = 45_000; // milliseconds without a message that is due: longer than any endpoint takes

export class Live {
  #url;
  #token;
  #socket = null;
  #subscriptions = new Map(); // by the id under which each was asked for last
  #asked = 0;
  #failures = 0;
  #timer = null;
  #closed = false;

  /**
   * @param {string} url where the protocol is spoken: wss://HOST/live
   * @param {{token?: string | (() => string)}} options a token or an API key, or what gives one for each connection
   */
  constructor(url, { token } = {}) {
    this.#url = url;
    this.#token = token;
  }

  /**
   * Ask for an endpoint.
   *
   * @param {string} endpoint its name in fanin.toml
   * @param {Object<string, string|number|boolean>} params its parameters, by name
   * @param {{every?: string,
   *          onSource?: (name: string, value: any, message: object) => void,
   *          onProblem?: (problem: object, name?: string) => void,
   *          onComplete?: (message: object) => void}} options how often, and who hears of it
   * @returns {{unsubscribe: () => void}}
   */
  subscribe(endpoint, params = {}, options = {}) {
    if (this.#closed) throw new Error("this client is closed");
    const subscription = { endpoint, params, options, id: null, last: 0, watch: null };
    this.#enter(subscription);
    this.#connect();
    if (this.#open) this.#ask(subscription);
    return { unsubscribe: () => this.#unsubscribe(subscription) };
  }

  /** End every subscription, and the connection. */
  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const subscription of [...this.#subscriptions.values()]) this.#leave(subscription);
    this.#socket?.close(1000);
  }

  get #open() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  // --- Connections ---------------------------------------------------------------------------------------------------

  #connect() {
    if (this.#closed || this.#socket || this.#timer !== null) return;
    const token = typeof this.#token === "function" ? this.#token() : this.#token;
    const socket = (this.#socket = new WebSocket(this.#url, token ? ["fanin", `fanin.bearer.${token}`] : []));
    socket.onopen = () => {
      for (const subscription of this.#subscriptions.values()) this.#ask(subscription);
    };
    socket.onmessage = ({ data }) => this.#hear(data);
    socket.onclose = () => this.#lost(socket);
  }

  #lost(socket) {
    if (socket !== this.#socket) return;
    this.#socket = null;
    for (const subscription of [...this.#subscriptions.values()]) this.#again(subscription);
    if (this.#closed || this.#subscriptions.size === 0) return;
    const most = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.#failures);
    this.#failures += 1;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#connect();
    }, Math.random() * most);
  }

  #drop() {
    const socket = this.#socket;
    this.#lost(socket); // not when it has closed: one whose other end is gone takes minutes to
    socket.close();
  }

  // --- Subscriptions -------------------------------------------------------------------------------------------------

  #enter(subscription) {
    this.#asked += 1;
    subscription.id = `s${this.#asked}`;
    subscription.last = 0;
    this.#subscriptions.set(subscription.id, subscription);
  }

  #leave(subscription) {
    clearTimeout(subscription.watch);
    this.#subscriptions.delete(subscription.id);
  }

  /** Give a subscription another id, so that what is still on its way to the former is not taken for its own. */
  #again(subscription) {
    this.#leave(subscription);
    this.#enter(subscription);
  }

  #ask(subscription) {
    const { id, endpoint, params, options } = subscription;
    this.#send({ action: "subscribe", id, endpoint, params, ...(options.every && { every: options.every }) });
    this.#watch(subscription, SILENCE);
  }

  #unsubscribe(subscription) {
    if (this.#subscriptions.get(subscription.id) !== subscription) return;
    this.#leave(subscription);
    this.#send({ action: "unsubscribe", id: subscription.id });
  }

  #send(message) {
    if (this.#open) this.#socket.send(JSON.stringify(message));
  }

  #watch(subscription, milliseconds) {
    clearTimeout(subscription.watch);
    subscription.watch = setTimeout(() => this.#drop(), milliseconds);
  }

  // --- Messages ------------------------------------------------------------------------------------------------------

  #hear(text) {
    const message = JSON.parse(text);
    const subscription = this.#subscriptions.get(message.id);
    if (!subscription) return; // of one that has ended, or API Gateway's own word: the watch sees to what it was for
    if ("n" in message) {
      if (message.n <= subscription.last) return;
      if (message.n > subscription.last + 1) return this.#repair(subscription);
      subscription.last = message.n;
    }
    this.#failures = 0;
    this.#tell(subscription, message);
  }

  /** Ask anew, since a message was lost. */
  #repair(subscription) {
    this.#send({ action: "unsubscribe", id: subscription.id });
    this.#again(subscription);
    this.#ask(subscription);
  }

  #tell(subscription, message) {
    const { onSource, onProblem, onComplete } = subscription.options;
    switch (message.type) {
      case "source":
        this.#watch(subscription, SILENCE);
        if ("value" in message) onSource?.(message.source, message.value, message);
        if ("problem" in message) onProblem?.(message.problem, message.source); // beside a value: of what it lacks
        break;
      case "complete":
        if (message.again_in === null) this.#leave(subscription);
        else this.#watch(subscription, message.again_in * 1000 + SILENCE);
        onComplete?.(message);
        break;
      case "problem":
        this.#leave(subscription);
        onProblem?.(message.problem);
        break;
    }
  }
}

/**
 * Ask for an endpoint once, by HTTP, as server-sent events. Unlike an EventSource it can send headers, tells why it is
 * refused, and does not ask again.
 *
 * @param {string} url the endpoint's, with its parameters
 * @param {{headers?: Object<string, string>,
 *          onSource?: (name: string, value: any, message: object) => void,
 *          onItem?: (name: string, index: number, value: any) => void,
 *          onProblem?: (problem: object, name?: string) => void,
 *          onComplete?: (message: object) => void}} options what to send, and who hears of it; a problem without a name
 *   is that of the request, after which nothing follows
 * @returns {{close: () => void}}
 */
export function stream(url, options = {}) {
  const ending = new AbortController();
  read(url, options, ending.signal).catch((error) => {
    if (!ending.signal.aborted) options.onProblem?.({ title: "Stream broken", detail: String(error) });
  });
  return { close: () => ending.abort() };
}

async function read(url, options, signal) {
  const response = await fetch(url, { headers: { ...options.headers, Accept: "text/event-stream" }, signal });
  if (!response.headers.get("Content-Type")?.startsWith("text/event-stream")) {
    return options.onProblem?.(await response.json());
  }
  let rest = "";
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const events = (rest + text).split("\n\n");
    rest = events.pop();
    for (const event of events) {
      const data = event.split("\n").find((line) => line.startsWith("data: "));
      if (data && hear(JSON.parse(data.slice("data: ".length)), options)) return;
    }
  }
  throw new Error("it ended before its last record");
}

/** Tell of a record; whether it was the last. */
function hear(record, { onSource, onItem, onProblem, onComplete }) {
  if (record.type === "item" && "value" in record) onItem?.(record.source, record.index, record.value);
  if (record.type === "source") {
    if ("value" in record) onSource?.(record.source, record.value, record);
    if ("problem" in record) onProblem?.(record.problem, record.source);
  }
  if (record.type === "complete") onComplete?.(record);
  return record.type === "complete";
}
