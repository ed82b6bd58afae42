/* Postbell: makes <form data-postbell action="…/b/SLUG/follow" method="post"> answer without leaving the page.
   Without this file the form works all the same. No cookie, nothing stored, nobody else asked. */
(function () {
  "use strict";
  var SENT = "If this address can be added, a mail is on its way.";
  var WAIT = "Many requests came from where you are. Please try again ";
  var MORE = "Please look at the address again. Like this: kim@example.org";

  function statusOf(form) {
    var status = form.querySelector("[data-postbell-status]");
    if (!status) {
      status = document.createElement("p");
      status.setAttribute("data-postbell-status", "");
      form.appendChild(status);
    }
    status.setAttribute("role", "status");
    status.setAttribute("aria-live", "polite");
    if (!status.id) status.id = "postbell-" + Math.random().toString(36).slice(2);
    return status;
  }

  function fields(form) {
    var values = {};
    new FormData(form).forEach(function (value, name) {
      if (typeof value === "string" && name !== "next") values[name] = value;
    });
    return values;
  }

  function faultIn(body) {
    var errors = body && body.errors;
    var first = errors && (errors.email || errors[Object.keys(errors)[0]]);
    if (Array.isArray(first)) first = first[0];
    if (first && typeof first === "object") first = first.message || first.detail;
    return String(first || (body && body.detail) || MORE);
  }

  function later(seconds) {
    if (!(seconds > 0)) return "in an hour.";
    if (seconds < 90) return "in a minute.";
    return seconds < 5400 ? "in " + Math.ceil(seconds / 60) + " minutes." : "in " + Math.ceil(seconds / 3600) + " hours.";
  }

  function enhance(form) {
    var status = statusOf(form);
    var email = form.querySelector("[name=email]");
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      if (form.getAttribute("aria-busy")) return;
      form.setAttribute("aria-busy", "true");
      email.removeAttribute("aria-invalid");
      fetch(form.action, {
        method: "POST",
        credentials: "omit",
        headers: { "Content-Type": "application/json", Accept: "application/json" },
        body: JSON.stringify(fields(form))
      }).then(function (answer) {
        if (answer.status === 202) {
          status.textContent = SENT;
          form.reset();
        } else if (answer.status === 422 || answer.status === 429) {
          return answer.json().catch(function () {}).then(function (body) {
            if (body && body.hosted_url) throw body; // the server's own page goes on
            if (answer.status === 429) {
              status.textContent = WAIT + later(Number(answer.headers.get("Retry-After")));
              return;
            }
            status.textContent = faultIn(body);
            email.setAttribute("aria-invalid", "true");
            email.setAttribute("aria-describedby", status.id);
            email.focus();
          });
        } else {
          throw new Error(answer.status);
        }
      }).catch(function () {
        HTMLFormElement.prototype.submit.call(form); // the plain way, with the server's own page
      }).then(function () {
        form.removeAttribute("aria-busy");
      });
    });
  }

  function count(element) {
    var form = document.querySelector("form[data-postbell]");
    var url = element.getAttribute("data-postbell-count") || (form && form.action.replace(/\/follow$/, "/followers"));
    if (!url) return;
    fetch(url, { credentials: "omit" }).then(function (answer) {
      return answer.ok ? answer.json() : null;
    }).then(function (body) {
      if (body && body.text) element.textContent = body.text;
    }).catch(function () {}); // what stands there stays
  }

  function start() {
    document.querySelectorAll("form[data-postbell]").forEach(enhance);
    document.querySelectorAll("[data-postbell-count]").forEach(count);
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
