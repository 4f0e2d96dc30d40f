/** What all screens share: light DOM (one style sheet for the app), texts, and the focus on the heading at arrival. */
import { LitElement, type PropertyDeclarations, type PropertyValues } from "lit";
import type { App } from "../app";
import type { Key, Values } from "../texts/texts";

export abstract class Screen extends LitElement {
  static override properties: PropertyDeclarations = { app: { attribute: false }, turn: { attribute: false } };
  app!: App;
  turn = 0;

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  protected t(key: Key, values?: Values): string {
    return this.app.t(key, values);
  }

  /** Screen readers and keyboards begin at the top of a new screen. */
  protected override firstUpdated(_: PropertyValues): void {
    scrollTo(0, 0);
    const heading = this.querySelector<HTMLElement>("h1");
    if (heading) {
      heading.tabIndex = -1;
      heading.focus({ preventScroll: true });
      document.title = this.app.site.name ? `${heading.textContent?.trim()} · ${this.app.site.name}` : heading.innerText;
    }
  }

  protected field(name: string): HTMLInputElement {
    return this.querySelector<HTMLInputElement>(`[name="${name}"]`)!;
  }
}
