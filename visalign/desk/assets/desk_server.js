"use strict";
// Talks to the desk's server, on this machine: asks, tells, tries again when it is lost, and forgets nothing meanwhile.

const RETRY_MS = [400, 800, 1600, 3000, 5000]; // the last one from then on

/** An answer that says no: `status`, and one line that says why. */
class Refused extends Error {
  constructor(status, answer) {
    super(answer.error ?? `the desk answered ${status}`);
    this.status = status;
    this.revision = answer.revision ?? null;
  }
}

class Server {
  /** `onState(isThere)` is called when the server is lost and when it is found again. */
  constructor(onState) {
    this.onState = onState;
    this.isThere = true;
    this.wake = null; // ends the wait before the next try
  }

  get(path) {
    return this.ask(path, { cache: "no-store" });
  }

  post(path, body) {
    return this.ask(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Visalign": "1" },
      body: JSON.stringify(body),
    });
  }

  /** Until there is an answer: a server that is being started again is waited for. */
  async ask(path, request) {
    for (let n = 0; ; n++) {
      let reply = null;
      let answer = {};
      try {
        reply = await fetch(`api/${path}`, request);
        answer = await reply.json();
      } catch {
        if (reply === null || reply.ok) { // nobody there, or gone in the midst of its answer
          this.set(false);
          await this.pause(RETRY_MS[Math.min(n, RETRY_MS.length - 1)]);
          continue;
        }
      }
      this.set(true);
      if (reply.ok) return answer;
      throw new Refused(reply.status, answer);
    }
  }

  async bytes(path) {
    const reply = await fetch(`api/${path}`);
    if (!reply.ok) throw new Refused(reply.status, {});
    return new Uint8Array(await reply.arrayBuffer());
  }

  pause(ms) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  set(isThere) {
    if (this.isThere === isThere) return;
    this.isThere = isThere;
    this.onState(isThere);
  }

  /** What other windows and desks do, as it happens; `onBack` after the line was cut, when something may be missed. */
  listen(onEvent, onBack) {
    const events = new EventSource("api/events");
    let isCut = false;
    events.onmessage = (event) => onEvent(JSON.parse(event.data));
    events.onerror = () => {
      isCut = true;
      this.set(false);
      if (events.readyState === EventSource.CLOSED) setTimeout(() => this.listen(onEvent, onBack), RETRY_MS[2]);
    };
    events.onopen = () => {
      this.set(true);
      this.wake?.();
      document.documentElement.dataset.events = "open";
      if (isCut) onBack();
      isCut = false;
    };
  }
}

/** What was typed and not yet sent, by clip, so that neither a lost server nor a closed window costs it. */
class Drafts {
  constructor(clip) {
    this.key = (name) => `visalign desk ${clip} ${name}`;
  }

  get(name) {
    try {
      return JSON.parse(localStorage.getItem(this.key(name)));
    } catch {
      return null;
    }
  }

  set(name, value) {
    try {
      if (value === null || value === "") localStorage.removeItem(this.key(name));
      else localStorage.setItem(this.key(name), JSON.stringify(value));
    } catch {
      // a browser that keeps nothing: the window itself still does
    }
  }
}
