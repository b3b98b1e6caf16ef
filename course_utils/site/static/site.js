// Paper is white: what is printed takes the light colours, whichever are on the screen.
const page = document.documentElement;
let onScreen;

window.addEventListener("beforeprint", () => {
  onScreen = page.dataset.theme;
  page.dataset.theme = "light";
});

window.addEventListener("afterprint", () => {
  page.dataset.theme = onScreen;
});
