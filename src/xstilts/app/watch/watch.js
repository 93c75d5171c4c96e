"use strict";
// Puts parts of the page, which the server sends as they change, into their places.

const connection = document.getElementById("connection");
const stream = new EventSource("events");

stream.onopen = () => { connection.textContent = ""; };
stream.onerror = () => {
  connection.textContent = "The program that serves this page does not answer: this is what it said last.";
};
stream.onmessage = (event) => {
  for (const [name, html] of Object.entries(JSON.parse(event.data))) {
    const part = document.getElementById(name);
    const opened = [...part.querySelectorAll("details[open]")].map((details) => details.id);
    part.innerHTML = html;
    for (const id of opened) {
      const details = document.getElementById(id);
      if (details) details.open = true;
    }
  }
};
