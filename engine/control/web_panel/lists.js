// Scenes, cues, MIDI, the visitor and the health of the show.

import { element } from "./socket.js";
import { spoken } from "./knobs.js";

export function drawScenes(place, scenes, wire) {
  place.replaceChildren(...scenes.map((scene) => element("button",
    { class: "scene", "data-name": scene.name, "aria-pressed": "false", title: scene.name,
      "aria-keyshortcuts": scene.key || null, onclick: () => wire.say({ do: "scene", name: scene.name }) },
    element("img", { src: `/panel/scene/${encodeURIComponent(scene.name)}.jpg`, alt: "", loading: "lazy" }),
    element("span", {}, scene.title))));
}

export function showScene(place, name) {
  for (const button of place.children) {
    const isShown = button.dataset.name === name;
    button.setAttribute("aria-pressed", isShown);
    if (isShown) button.dataset.is = "";
  }
}

export function drawCues(place, cues, wire, fade) {
  const rows = cues.map((cue) => element("li", {},
    element("span", {}, cue),
    element("button", { onclick: () => wire.say({ do: "recall", name: cue, fade_s: fade() }), "aria-label": `go to ${cue}` }, "Go"),
    element("button", { onclick: () => wire.say({ do: "forget", name: cue }), "aria-label": `forget ${cue}` }, "Forget")));
  place.replaceChildren(...(rows.length ? rows : [element("li", {}, element("span", {}, "No cue is kept yet."))]));
}

export function drawMidi(line, place, midi, wire) {
  line.textContent = midi.note;
  place.replaceChildren(...midi.bindings.map(({ control, address }) => element("li", {},
    element("span", {}, `${control} → ${address}`),
    element("button", { onclick: () => wire.say({ do: "unlearn", control }) }, "Forget"))));
}

/** A list of names and values; numbers from 0 to 1 get a small meter where `isMetered`. */
export function drawFigures(place, figures, isMetered = false) {
  const wanted = Object.entries(figures);
  const known = [...place.querySelectorAll("dt")].map((each) => each.textContent).join("|");
  if (known !== wanted.map(([name]) => name.replaceAll("_", " ")).join("|")) {
    place.replaceChildren(...wanted.flatMap(([name]) => [
      element("dt", {}, name.replaceAll("_", " ")), element("dd", {}, element("span"),
        ...(isMetered ? [element("meter", { min: 0, max: 1, "aria-hidden": "true" })] : []))]));
  }
  const cells = place.querySelectorAll("dd");
  wanted.forEach(([, value], at) => {
    cells[at].firstChild.textContent = typeof value === "number" ? value.toFixed(Number.isInteger(value) ? 0 : 2) : spoken(value);
    const meter = cells[at].querySelector("meter");
    if (meter) { meter.hidden = typeof value !== "number" || value < 0 || value > 1; meter.value = Number(value) || 0; }
  });
}

/** The layers of a value, the one that holds it first. */
export function drawWhy(rows, layers) {
  rows.replaceChildren(...layers.map((layer, at) => element("tr", { class: at ? "" : "holds" },
    element("td", {}, layer.layer), element("td", {}, spoken(layer.value)), element("td", {}, layer.since || ""))));
}
