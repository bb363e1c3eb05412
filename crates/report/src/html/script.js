"use strict";
(() => {
  // Entries without a value are last in both directions.
  const numeric = (a, b, sign) => {
    const missing = Number.isNaN(a) - Number.isNaN(b);
    return missing !== 0 || Number.isNaN(a) ? missing : sign * (a - b);
  };

  const sort = (table, column, sign) => {
    const isNumeric = table.tHead.rows[0].cells[column].classList.contains("number");
    for (const body of table.tBodies) {
      const rows = [...body.rows].filter((row) => !row.classList.contains("title"));
      const keys = new Map(rows.map((row) => {
        const cell = row.cells[column];
        // A reason spans several columns, so some rows have fewer cells.
        const text = cell?.textContent.trim() ?? "";
        return [row, isNumeric ? Number.parseFloat(cell?.dataset.value) : text];
      }));
      rows.sort((a, b) => isNumeric
        ? numeric(keys.get(a), keys.get(b), sign)
        : sign * keys.get(a).localeCompare(keys.get(b), "en", { numeric: true }));
      body.append(...rows);
    }
  };

  for (const table of document.querySelectorAll("table[data-sortable]")) {
    const headings = [...table.tHead.rows[0].cells];
    headings.forEach((heading, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...heading.childNodes);
      button.addEventListener("click", () => {
        const ascending = heading.getAttribute("aria-sort") !== "ascending";
        headings.forEach((other) => other.removeAttribute("aria-sort"));
        heading.setAttribute("aria-sort", ascending ? "ascending" : "descending");
        sort(table, column, ascending ? 1 : -1);
      });
      heading.append(button);
    });
  }

  const closable = [...document.querySelectorAll("details")];
  const open = (state) => closable.forEach((details) => { details.open = state; });
  if (closable.length > 1) {
    const bar = document.createElement("div");
    bar.className = "fold";
    for (const [name, state] of [["Open all", true], ["Close all", false]]) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = name;
      button.addEventListener("click", () => open(state));
      bar.append(button);
    }
    closable[0].before(bar);
  }

  // A link to a closed section opens it.
  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target instanceof HTMLDetailsElement) target.open = true;
  };
  addEventListener("hashchange", reveal);
  reveal();

  // Open all sections for printing, and restore them afterwards.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = closable.filter((details) => !details.open);
    open(true);
  });
  addEventListener("afterprint", () => closed.forEach((details) => { details.open = false; }));
})();
