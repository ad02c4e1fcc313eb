// The knobs, by group: one row for each parameter, which follows the mirror unless somebody is just moving it.

import { element } from "./socket.js";

const QUIET_MS = 700; // so long after the last touch here, what the mirror says is not shown

export class Knobs {
  /** @param list where rows go  @param wire  @param ask called with the address whose `why` is wanted */
  constructor(list, wire, ask) {
    this.list = list;
    this.wire = wire;
    this.ask = ask;
    this.rows = new Map();
    this.open = new Set(JSON.parse(localStorage.getItem("open") || "null") || ["scene · reflection"]);
  }

  /** Draw every row anew: other parameters are there now. */
  build(parameters) {
    const groups = new Map();
    for (const each of parameters) {
      if (!groups.has(each.group)) groups.set(each.group, []);
      groups.get(each.group).push(each);
    }
    this.rows.clear();
    this.list.replaceChildren(...[...groups].map(([name, members]) => this.group(name, members)));
    this.filter();
  }

  group(name, members) {
    const rows = members.map((each) => this.row(each));
    const box = element("details", { class: "group", "data-name": name },
      element("summary", {}, name.replaceAll("_", " "), element("small", {}, String(members.length))), ...rows);
    box.open = this.open.has(name);
    box.addEventListener("toggle", () => {
      if (this.searched) return;
      this.open[box.open ? "add" : "delete"](name);
      localStorage.setItem("open", JSON.stringify([...this.open]));
    });
    return box;
  }

  row(parameter) {
    const id = `knob${parameter.address.replaceAll("/", "-")}`;
    const row = { parameter, touched: 0, inputs: [] };
    const label = element("label", { for: id, title: parameter.description || "" }, parameter.label.replaceAll("_", " "));
    const layer = element("button", { class: "layer", title: "Why is it so?",
      "aria-label": `why ${parameter.label} is as it is`, onclick: () => this.ask(parameter.address) });
    const send = (value) => { row.touched = performance.now(); this.wire.set(parameter.address, value); };
    const fields = parameter.is_writable ? this.fields(row, id, send) : this.reading(row, id);
    const unit = element("span", { class: "unit" }, parameter.unit || "");
    row.layer = layer;
    row.box = element("div", { class: `knob ${parameter.is_writable ? "" : "read-only"}`, "data-address": parameter.address },
      label, ...fields, unit, layer);
    row.box.classList.toggle("ranged", fields.length === 2);
    this.rows.set(parameter.address, row);
    this.show(parameter.address, parameter.value, parameter.layer, true);
    return row.box;
  }

  reading(row, id) {
    const output = element("output", { id, class: "value" });
    row.show = (value) => { output.textContent = spoken(value); };
    return [output];
  }

  fields(row, id, send) {
    const { type, minimum, maximum, choices } = row.parameter;
    if (type === "trigger") {
      row.show = () => {};
      return [element("button", { id, class: "wide", onclick: () => send(1) }, "go")];
    }
    if (type === "bool") return this.box(row, id, send);
    if (type === "choice" || choices?.length) return this.choice(row, id, send);
    if (type === "colour") return this.colour(row, id, send);
    if (type === "text") return this.text(row, id, send);
    if (minimum == null || maximum == null) return [this.number(row, id, send)];
    return this.slider(row, id, send);
  }

  box(row, id, send) {
    const input = element("input", { id, type: "checkbox", onchange: () => send(input.checked) });
    row.show = (value) => { input.checked = Boolean(value); };
    return [input];
  }

  choice(row, id, send) {
    const options = row.parameter.choices.map((each) => element("option", {}, String(each)));
    const input = element("select", { id, onchange: () => send(input.value) }, ...options);
    row.show = (value) => { input.value = String(value); };
    return [input];
  }

  text(row, id, send) {
    const input = element("input", { id, type: "text", maxlength: 200, onchange: () => send(input.value) });
    row.show = (value) => { input.value = String(value ?? ""); };
    return [input];
  }

  colour(row, id, send) {
    const input = element("input", { id, type: "color", class: "wide", oninput: () => send(fromHex(input.value)) });
    row.show = (value) => { input.value = toHex(value); };
    return [input];
  }

  number(row, id, send) {
    const { type, minimum, maximum } = row.parameter;
    const input = element("input", { id, type: "number", min: minimum, max: maximum, step: type === "int" ? 1 : "any",
      onchange: () => { if (input.value !== "" && input.checkValidity()) send(Number(input.value)); } });
    row.show = (value) => { input.value = rounded(value); };
    return input;
  }

  slider(row, id, send) {
    const { type, minimum, maximum } = row.parameter;
    const step = type === "int" ? 1 : (maximum - minimum) / 500;
    const number = this.number(row, `${id}-number`, (value) => { range.value = value; send(value); });
    number.setAttribute("aria-label", `${row.parameter.label}, as a number`);
    const range = element("input", { id, type: "range", min: minimum, max: maximum, step,
      oninput: () => { number.value = rounded(Number(range.value)); send(Number(range.value)); } });
    const showNumber = row.show;
    row.show = (value) => { range.value = value; showNumber(value); };
    return [range, number];
  }

  /** What the mirror says of a value. */
  show(address, value, layer, isFirst = false) {
    const row = this.rows.get(address);
    if (!row) return;
    row.parameter.value = value;
    row.parameter.layer = layer;
    row.layer.textContent = layer || "why";
    const isHeld = Boolean(layer);
    row.layer.dataset.held = isHeld;
    row.box.dataset.refused = false;
    if (isFirst || performance.now() - row.touched > QUIET_MS) row.show(value);
    else setTimeout(() => this.settle(row), QUIET_MS);
    if (!isFirst && this.heldOnly) row.box.hidden = !isHeld;
  }

  settle(row) {
    if (performance.now() - row.touched > QUIET_MS - 20) row.show(row.parameter.value);
  }

  refuse(address) {
    const row = this.rows.get(address);
    if (row) { row.box.dataset.refused = true; row.show(row.parameter.value); }
  }

  /** Show only rows in which every word of `text` occurs. */
  filter(text = this.sought || "", heldOnly = this.heldOnly) {
    this.sought = text;
    this.heldOnly = heldOnly;
    this.searched = Boolean(text.trim() || heldOnly);
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of this.rows.values()) {
      const about = `${row.parameter.address} ${row.parameter.description || ""}`.toLowerCase();
      row.box.hidden = !words.every((word) => about.includes(word)) || (heldOnly && row.layer.dataset.held !== "true");
    }
    for (const group of this.list.children) {
      group.hidden = ![...group.querySelectorAll(".knob")].some((row) => !row.hidden);
      if (this.searched) group.open = true;
    }
  }
}

export function spoken(value) {
  if (value === null || value === undefined || value === "") return "–";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (Array.isArray(value)) return value.map(rounded).join(", ");
  return typeof value === "number" ? String(rounded(value)) : String(value);
}

function rounded(value) {
  return typeof value === "number" ? Number(value.toPrecision(4)) : value;
}

// Colours are sRGB-encoded, 0 to 1, as scenes write them.
function toHex(value) {
  const parts = Array.isArray(value) ? value : [0, 0, 0];
  return "#" + parts.slice(0, 3).map((each) => Math.round(255 * Math.min(1, Math.max(0, each))).toString(16).padStart(2, "0")).join("");
}

function fromHex(text) {
  return [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16) / 255);
}
