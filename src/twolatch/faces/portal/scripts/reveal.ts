// A button that shows a password while it is typed. It is hidden again before the form is sent, so browsers do not keep it.
export function offerReveal(element: HTMLElement): void {
  const field = element.querySelector("input");
  if (!field) return;
  const { show = "", hide = "" } = element.dataset;
  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("aria-controls", field.id);
  const set = (isShown: boolean): void => {
    field.type = isShown ? "text" : "password";
    button.textContent = isShown ? hide : show;
  };
  button.addEventListener("click", () => set(field.type === "password"));
  field.form?.addEventListener("submit", () => set(false));
  set(false);
  element.append(button);
}
