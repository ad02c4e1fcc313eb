// The wire to the mirror: one websocket, opened again when it is lost. Values that are dragged go out 30 times a second.

const RETRY_MS = [300, 1000, 2000, 4000];
const SEND_MS = 33;

export class Wire {
  /** @param {(message: object) => void} hear  @param {(picture: Blob) => void} see  @param {(is: boolean) => void} tell */
  constructor(hear, see, tell) {
    this.hear = hear;
    this.see = see;
    this.tell = tell;
    this.tries = 0;
    this.values = new Map();
    this.timer = 0;
    document.addEventListener("visibilitychange", () => this.watch());
    this.open();
  }

  open() {
    this.socket = new WebSocket(`ws://${location.host}/panel/socket`);
    this.socket.binaryType = "blob";
    this.socket.onopen = () => { this.tries = 0; this.tell(true); this.watch(); };
    this.socket.onclose = () => {
      this.tell(false);
      setTimeout(() => this.open(), RETRY_MS[Math.min(this.tries++, RETRY_MS.length - 1)]);
    };
    this.socket.onmessage = ({ data }) => (typeof data === "string" ? this.hear(JSON.parse(data)) : this.see(data));
  }

  /** Ask for pictures only while somebody can see them. */
  watch() { this.say({ do: "watch", on: !document.hidden }); }

  say(message) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  /** Set a parameter; of several values for one, only the newest is sent. */
  set(address, value) {
    this.values.set(address, value);
    this.timer ||= setTimeout(() => this.flush(), SEND_MS);
  }

  flush() {
    this.timer = 0;
    for (const [address, value] of this.values) this.say({ do: "set", address, value });
    this.values.clear();
  }
}

/** An element with attributes, listeners (`onclick`) and children. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value != null) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}
