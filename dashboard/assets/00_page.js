/* What the server wrote into the page: language, zone, viewer, messages. Reads it once; makes the one global name. */
(function () {
  "use strict";
  const gridwatch = (window.gridwatch = {});
  const given = document.getElementById("gridwatch-page");
  gridwatch.page = given ? JSON.parse(given.textContent) : { page: "", language: "zh-CN", zone: "UTC", viewer: {}, messages: {} };

  /* rem = 1/120 of the width, so the root size over 16 is how much larger than 1920 this screen is. */
  gridwatch.scale = function () {
    return parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
  };

  /* Runs `start` once the element that Dash renders asynchronously is in the document. */
  gridwatch.whenPresent = function (id, start) {
    const found = document.getElementById(id);
    if (found) {
      start(found);
      return;
    }
    const watcher = new MutationObserver(function () {
      const late = document.getElementById(id);
      if (late) {
        watcher.disconnect();
        start(late);
      }
    });
    watcher.observe(document.documentElement, { childList: true, subtree: true });
  };
})();
