// Every visible text whose contrast with what lies behind it is below WCAG 2.2 AA: {text: "ratio colour on background"}.
// Left out, as WCAG does: disabled controls. Left out, because the value floats above the thumb it belongs to: sliders.
() => {
  const LEFT_OUT =
    ":disabled, [disabled], [aria-disabled=true], [data-testid=stSliderThumbValue], [role=slider], script, style, noscript, title";
  const parse = (text) => {
    const srgb = text.match(/color\(srgb ([^)]+)\)/);
    const [r, g, b, alpha = 1] = (srgb ?? text.match(/rgba?\(([^)]+)\)/))[1].split(/[ ,/]+/).map(Number);
    return srgb ? [r * 255, g * 255, b * 255, alpha] : [r, g, b, alpha];
  };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat([1]);
  const ancestors = function* (element) {
    for (let node = element; node; node = node.parentElement) yield node;
  };
  const background = (element) => {
    const layers = [];
    for (const node of ancestors(element)) {
      const colour = parse(getComputedStyle(node).backgroundColor);
      if (colour[3] > 0) layers.unshift(colour);
      if (colour[3] === 1) break;
    }
    return layers.reduce((below, layer) => over(layer, below), [255, 255, 255, 1]);
  };
  const luminance = (colour) =>
    [0.2126, 0.7152, 0.0722].reduce((sum, weight, i) => {
      const value = colour[i] / 255;
      return sum + weight * (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    }, 0);
  const found = {};
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const words = walker.currentNode.textContent.trim();
    const element = walker.currentNode.parentElement;
    if (!words || element.closest(LEFT_OUT)) continue;
    const box = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    if (box.width < 2 || box.height < 2 || style.visibility === "hidden") continue;
    let opacity = 1;
    for (const node of ancestors(element)) opacity *= parseFloat(getComputedStyle(node).opacity);
    const behind = background(element);
    const [r, g, b, alpha] = parse(style.color);
    if (alpha * opacity === 0) continue;
    const [high, low] = [luminance(over([r, g, b, alpha * opacity], behind)), luminance(behind)].sort((x, y) => y - x);
    const ratio = (high + 0.05) / (low + 0.05);
    const isIcon = element.matches("[data-testid=stIconMaterial], [role=img]");
    const isLarge = parseFloat(style.fontSize) >= 24;
    if (ratio < (isIcon || isLarge ? 3 : 4.5)) found[words.slice(0, 60)] = `${ratio.toFixed(2)} ${style.color} on ${behind}`;
  }
  return found;
};
