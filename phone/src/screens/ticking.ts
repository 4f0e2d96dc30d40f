/** A screen with a clock on it. Drawn anew every second while it is shown. */
import { Screen } from "./screen";

export abstract class Ticking extends Screen {
  private timer = 0;

  override connectedCallback(): void {
    super.connectedCallback();
    this.timer = window.setInterval(() => this.tick(), 1000);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.timer);
  }

  protected tick(): void {
    this.requestUpdate();
  }
}
