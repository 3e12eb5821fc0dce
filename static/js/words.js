// What scripts say stands in the page (<template id="words">), in the reader's language:
// warroomWord("refused", { status: 502 }) puts 502 where the page says {status}.

window.warroomWord = (name, values = {}) => {
  const words = document.getElementById("words")?.content;
  const text = words?.querySelector(`[data-word="${CSS.escape(name)}"]`)?.textContent || "";
  return text.replace(/\{(\w+)\}/g, (_all, key) => values[key] ?? "");
};
