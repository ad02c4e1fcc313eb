// The control room's page: hears what the mirror says and says what the operator does.

import { Wire, element } from "./socket.js";
import { Knobs } from "./knobs.js";
import { drawEvening } from "./evening.js";
import { drawCues, drawFigures, drawMidi, drawScenes, drawWhy, showScene } from "./lists.js";

const at = (id) => document.getElementById(id);
const MOST_LINES = 200;

const wire = new Wire(hear, see, tellLine);
const knobs = new Knobs(at("knob-list"), wire, (address) => wire.say({ do: "why", address }));
const acts = { blackout: "/narcissus/show/blackout", freeze: "/narcissus/show/freeze", record: "/narcissus/show/record" };
let asked = null, noticeTimer = 0, shownUrl = "", scenes = [], lastLine = 0;

const hearing = {
  hello(message) {
    knobs.build(message.parameters);
    for (const each of message.parameters) follow(each.address, each.value);
    scenes = message.scenes;
    drawScenes(at("scene-list"), scenes, wire);
    at("wall-text").replaceChildren(...message.wall_text.split(/\n\n+/).map((text) => element("p", {}, text)));
    at("log-lines").replaceChildren();
    lastLine = 0;
    hearing.structure(message);
  },
  structure(message) {
    drawCues(at("cue-list"), message.cues, wire, () => Number(at("cue-fade").value) || 0);
    drawMidi(at("midi-line"), at("midi-list"), message.midi, wire);
  },
  parameters({ parameters }) { knobs.build(parameters); },
  values({ values }) {
    for (const [address, [value, layer]] of Object.entries(values)) {
      knobs.show(address, value, layer);
      follow(address, value);
    }
  },
  state({ signals, health, scene, visit }) {
    drawFigures(at("signals"), signals, true);
    drawFigures(at("health"), health);
    at("now-scene").textContent = (scenes.find((each) => each.name === scene) || {}).title || scene;
    at("now-visit").textContent = visit ? `· ${visit}` : "";
    showScene(at("scene-list"), scene);
    document.title = `${at("now-scene").textContent} · Narcissus`;
  },
  line({ is, text }) { at("line").dataset.is = is; at("line").textContent = text; },
  evening({ evening }) { drawEvening(at("plots"), evening); },
  log({ lines }) {
    const place = at("log-lines"), isAtEnd = place.scrollHeight - place.scrollTop - place.clientHeight < 40;
    for (const { number, level, text } of lines) {
      if (number <= lastLine) continue;
      lastLine = number;
      place.append(element(level === "info" ? "span" : "b", {}, `${text}\n`));
    }
    while (place.childElementCount > MOST_LINES) place.firstChild.remove();
    if (isAtEnd) place.scrollTop = place.scrollHeight;
  },
  why({ address, description, layers, can_release: canRelease, can_save: canSave, can_learn: canLearn }) {
    asked = address;
    at("why-title").textContent = address;
    at("why-about").textContent = description || "";
    drawWhy(at("why-rows"), layers);
    at("why-release").disabled = !canRelease;
    at("why-save").hidden = !canSave;
    at("why-learn").hidden = !canLearn;
    if (!at("why").open) at("why").showModal();
  },
  refused({ address, reason }) { if (address) knobs.refuse(address); notice(reason); },
  notice({ text }) { notice(text); },
};

function hear(message) {
  const known = hearing[message.kind];
  if (known) known(message);
}

function see(picture) {
  const url = URL.createObjectURL(picture);
  at("picture").src = url;
  if (shownUrl) URL.revokeObjectURL(shownUrl);
  shownUrl = url;
}

function tellLine(isOpen) {
  if (!isOpen) { at("line").dataset.is = "gone"; at("line").textContent = "no line to the mirror; trying again"; }
}

function notice(text) {
  at("notice").textContent = text;
  at("notice").hidden = !text;
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(() => { at("notice").hidden = true; }, 8000);
}

/** The big buttons show what they do. */
function follow(address, value) {
  for (const [name, own] of Object.entries(acts)) if (own === address) at(name).setAttribute("aria-pressed", Boolean(value));
}

function toggle(name) { wire.set(acts[name], at(name).getAttribute("aria-pressed") !== "true"); }

const shortcuts = {
  b: () => toggle("blackout"), f: () => toggle("freeze"), r: () => toggle("record"), l: () => wire.say({ do: "release_all" }),
  n: () => wire.say({ do: "press", address: "/narcissus/show/next" }),
  s: () => wire.say({ do: "press", address: "/narcissus/show/snapshot" }),
  "/": () => at("filter").focus(),
};
for (const name of Object.keys(acts)) at(name).addEventListener("click", () => toggle(name));
at("release").addEventListener("click", shortcuts.l);
at("next").addEventListener("click", shortcuts.n);
at("snapshot").addEventListener("click", shortcuts.s);

document.addEventListener("keydown", (event) => {
  const isTyping = event.target.matches("input:not([type=range], [type=checkbox]), select, textarea");
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping || at("why").open) return;
  const scene = scenes.find((each) => each.key === event.key);
  const act = scene ? () => wire.say({ do: "scene", name: scene.name }) : shortcuts[event.key.toLowerCase()];
  if (act) { event.preventDefault(); act(); }
});

at("filter").addEventListener("input", () => knobs.filter(at("filter").value));
at("held-only").addEventListener("change", () => knobs.filter(at("filter").value, at("held-only").checked));
at("cue-form").addEventListener("submit", (event) => {
  event.preventDefault();
  wire.say({ do: "keep", name: at("cue-name").value });
  at("cue-form").reset();
});
at("why-close").addEventListener("click", () => at("why").close());
at("why-release").addEventListener("click", () => { wire.say({ do: "release", address: asked }); at("why").close(); });
at("why-learn").addEventListener("click", () => { wire.say({ do: "learn", address: asked }); at("why").close(); });
at("why-save").addEventListener("click", () => { wire.say({ do: "save", address: asked }); at("why").close(); });
