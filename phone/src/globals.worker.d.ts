/** Written in by the build. */
declare const __WASM__: string;
declare const __SHELL__: string[];
declare const __CACHE__: string;
declare const __ICON__: string;
