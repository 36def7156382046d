/* Calls to the REST interface. Refuses to hide an error: what the server did not take is said in words. */
(function () {
  "use strict";
  const gridwatch = window.gridwatch;
  const BASE = "/api/v1";
  const NO_CONTENT = 204;

  /* Without a status nobody knows whether a command was carried out. */
  function CallError(status, problem, isCommand) {
    this.status = status;
    this.problem = problem || {};
    this.isCommand = Boolean(isCommand);
  }

  async function call(method, path, body, patienceMs) {
    let answer;
    try {
      answer = await fetch(BASE + path, {
        method: method,
        credentials: "same-origin",
        headers: body ? { "Content-Type": "application/json", Accept: "application/json" } : { Accept: "application/json" },
        body: body ? JSON.stringify(body) : undefined,
        signal: patienceMs ? AbortSignal.timeout(patienceMs) : undefined,
      });
    } catch (failure) {
      throw new CallError(0, null, method !== "GET");
    }
    if (answer.status === 401) {
      signIn();
    }
    const parsed = answer.status === NO_CONTENT ? null : await answer.json().catch(function () {});
    if (!answer.ok) {
      throw new CallError(answer.status, parsed);
    }
    if (parsed === undefined) {
      throw new CallError(0, null, method !== "GET"); // cut off on its way
    }
    return parsed;
  }

  function signIn() {
    location.assign("/login?next=" + encodeURIComponent(location.pathname + location.search));
  }

  gridwatch.api = {
    get: function (path, query) {
      const given = Object.entries(query || {}).filter(function (pair) {
        return pair[1] !== "" && pair[1] !== null && pair[1] !== undefined;
      });
      return call("GET", path + (given.length ? "?" + new URLSearchParams(given) : ""));
    },
    post: function (path, body, patienceMs) {
      return call("POST", path, body, patienceMs);
    },
    put: function (path, body) {
      return call("PUT", path, body);
    },
    /* The feed was refused: if it is the session that ended, this call says so and leads to the login. */
    checkSession: function () {
      call("GET", "/alarms?limit=1").catch(function () {});
    },
    logout: async function () {
      await fetch("/logout", { method: "POST", credentials: "same-origin" }).catch(function () {});
      location.assign("/login");
    },
    /* Says in words why a command failed; returns the newer record of a 409, else null. */
    explain: function (failure) {
      const say = gridwatch.text.say;
      if (!(failure instanceof CallError)) {
        throw failure;
      }
      if (failure.status === 409) {
        const current = failure.problem.current || null;
        const actor = failure.problem.actor || (current && (current.changed_by || current.acked_by));
        gridwatch.notify(actor ? say("notice.stale", { actor: actor }) : say("notice.stale_unknown"), true);
        return current;
      }
      if (failure.status === 0) {
        gridwatch.notify(say(failure.isCommand ? "notice.unconfirmed" : "notice.unreachable"), true);
      } else if (failure.status === 503) {
        gridwatch.notify(say("notice.busy"), true);
      } else if (failure.status === 403) {
        gridwatch.notify(say("notice.forbidden"), true);
      } else {
        gridwatch.notify(say("notice.refused", { reason: failure.problem.detail || failure.problem.title || failure.status }), true);
      }
      return null;
    },
  };
})();
