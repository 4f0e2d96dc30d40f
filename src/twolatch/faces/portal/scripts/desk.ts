// The desk's own script: keys. Everything they do can be done without them, and they can be switched off (WCAG 2.1.4).
import { listenToKeys } from "./keys.ts";

listenToKeys(document);
