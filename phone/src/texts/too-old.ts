/** What a browser reads that cannot run the app. Apart from the other texts: it must load where they do not. */
export type Lack = "secure" | "keys" | "store" | "browser";

interface Said {
  title: string;
  body: string;
  next: string;
}

export interface Words {
  language: string;
  old: Said;
  unloaded: Said;
  again: string;
  lacks: Record<Lack, string>;
}

var EN: Words = {
  language: "en",
  old: {
    title: "This browser is too old for the app",
    body: "It lacks something the app needs to keep your key safe:",
    next: "Bring the phone and its browser up to date, or use another phone. Your code has not been used up.",
  },
  unloaded: {
    title: "The app could not be loaded",
    body: "A part of it did not arrive. Nothing has been lost, and your code has not been used up.",
    next: "Check your network and load the page again.",
  },
  again: "Load again",
  lacks: {
    secure: "a secure connection (https)",
    keys: "keys that nobody can copy (Web Crypto)",
    store: "a store for the key (IndexedDB)",
    browser: "the abilities of a browser from 2022 or later",
  },
};

var NL: Words = {
  language: "nl",
  old: {
    title: "Deze browser is te oud voor de app",
    body: "Er ontbreekt iets dat de app nodig heeft om uw sleutel veilig te bewaren:",
    next: "Werk de telefoon en de browser bij, of gebruik een andere telefoon. Uw code is nog niet verbruikt.",
  },
  unloaded: {
    title: "De app kon niet worden geladen",
    body: "Een deel ervan is niet aangekomen. Er is niets verloren gegaan en uw code is nog niet verbruikt.",
    next: "Controleer uw netwerk en laad de pagina opnieuw.",
  },
  again: "Opnieuw laden",
  lacks: {
    secure: "een beveiligde verbinding (https)",
    keys: "sleutels die niemand kan kopiëren (Web Crypto)",
    store: "een bewaarplaats voor de sleutel (IndexedDB)",
    browser: "wat een browser vanaf 2022 kan",
  },
};

export function tooOld(language: string): Words {
  return language.slice(0, 2).toLowerCase() === "nl" ? NL : EN;
}
