/** Written in by the build. */
declare const __VERSION__: string;
declare const __SCANNER__: string;

interface TrustedTypePolicy {
  createScriptURL(url: string): string;
}

interface Window {
  trustedTypes?: {
    createPolicy(name: string, rules: { createScriptURL(url: string): string }): TrustedTypePolicy;
  };
}

declare module "*.css";
