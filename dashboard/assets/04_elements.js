/* Building elements. Text goes in as text nodes only: nothing in these assets ever parses data as HTML. */
(function () {
  "use strict";
  const gridwatch = window.gridwatch;
  const SVG = "http://www.w3.org/2000/svg";

  function fill(element, children) {
    for (const child of children) {
      if (child !== null && child !== undefined) {
        element.append(child);
      }
    }
    return element;
  }

  /* make("span", "chip", "text", child, …); the class may be empty. */
  gridwatch.make = function (tag, className) {
    const element = document.createElement(tag);
    if (className) {
      element.className = className;
    }
    return fill(element, Array.prototype.slice.call(arguments, 2));
  };

  gridwatch.button = function (className, label, onPress) {
    const element = gridwatch.make("button", className, label);
    element.type = "button";
    element.addEventListener("click", onPress);
    return element;
  };

  /* svg("line", {x1: 0, …}, child, …) */
  gridwatch.svg = function (tag, attributes) {
    const element = document.createElementNS(SVG, tag);
    for (const name in attributes) {
      element.setAttribute(name, attributes[name]);
    }
    return fill(element, Array.prototype.slice.call(arguments, 2));
  };

  /* Writes only when the text differs: an unchanged counter costs no layout. */
  gridwatch.setText = function (element, value) {
    if (element && element.textContent !== value) {
      element.textContent = value;
    }
  };

  gridwatch.chip = function (priority) {
    return gridwatch.make("span", "chip priority-" + priority, gridwatch.text.say("priority." + priority));
  };

  /* A labelled <select>; `options` are [value, label] pairs. */
  gridwatch.select = function (label, options, onChange) {
    const element = gridwatch.make("select", "field");
    element.setAttribute("aria-label", label);
    for (const option of options) {
      const choice = gridwatch.make("option", "", option[1]);
      choice.value = option[0];
      element.append(choice);
    }
    if (onChange) {
      element.addEventListener("change", function () {
        onChange(element.value);
      });
    }
    return element;
  };

  gridwatch.input = function (placeholder, onInput) {
    const element = gridwatch.make("input", "field");
    element.placeholder = placeholder;
    element.setAttribute("aria-label", placeholder);
    if (onInput) {
      element.addEventListener("input", function () {
        onInput(element.value.trim());
      });
    }
    return element;
  };

  /* A short message at the foot of the screen; a warning stays twice as long. */
  let clearing = null;
  gridwatch.notify = function (message, warning) {
    const notice = document.getElementById("notice");
    if (!notice) {
      return;
    }
    notice.textContent = message;
    notice.className = "notice notice-shown" + (warning ? " notice-warning" : "");
    clearTimeout(clearing);
    clearing = setTimeout(function () {
      notice.className = "notice";
    }, warning ? 8000 : 3500);
  };
})();
