// The portal works without this file. It saves the person a reload here and there, and it is the only script of the portal.
// Law: no innerHTML and no eval (the pages demand trusted types), no address that the server did not write into the page.
import { holdCeremony } from "./ceremony.ts";
import { runClock } from "./clock.ts";
import { offerCopy } from "./copy.ts";
import { tidyDigits } from "./digits.ts";
import { inviteKeys } from "./invite.ts";
import { tellLocalTime } from "./moment.ts";
import { sendOnce } from "./once.ts";
import { offerPrint } from "./print.ts";
import { offerReveal } from "./reveal.ts";
import { showScanCode } from "./scan-code.ts";
import { waitFor } from "./wait.ts";

function each(selector: string, wake: (element: HTMLElement) => void): void {
  document.querySelectorAll<HTMLElement>(selector).forEach(wake);
}

each("[data-ceremony]", holdCeremony);
each("[data-clock]", runClock);
each("[data-copy]", offerCopy);
each("[data-digits]", tidyDigits);
each("[data-invite]", inviteKeys);
each("[data-moment]", tellLocalTime);
each("[data-once]", sendOnce);
each("[data-print]", offerPrint);
each("[data-reveal]", offerReveal);
each("[data-scan]", showScanCode);
each("[data-wait], [data-collect-now]", waitFor);
