/* What the report's page does beyond standing there: tables that sort, filter and hide columns, lines
   that stand out while they are pointed at, figures that open large, axes to choose for the matrix of
   the grid. Everything is in the page without it. No text of the page is ever made HTML. */
"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const make = (name, properties = {}, ...children) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(properties))
      if (key in element) element[key] = value;
      else element.setAttribute(key, value);
    element.append(...children);
    return element;
  };

  /* ---- tables ---- */

  /* A cell's text without the interval that stands below its number. */
  const first = (cell) => (cell.querySelector("br") ? cell.firstChild.data : cell.textContent).trim();

  /* Numbers by size, other texts by letters, what is neither last. */
  const number = (text) => {
    const found = /^[<>]?\s*([-+]?\d+(\.\d+)?(e[-+]?\d+)?)/i.exec(text.replace("\u2212", "-"));
    return found ? parseFloat(found[1]) : NaN;
  };
  const compare = (a, b, numeric, down) => {
    const [x, y] = numeric ? [number(a), number(b)] : [a, b];
    const gaps = numeric ? isNaN(x) - isNaN(y) : (x === "") - (y === "");
    if (gaps) return gaps;
    const order = numeric ? x - y || 0 : x.localeCompare(y, "en", {numeric: true});
    return down ? -order : order;
  };

  const sort = (table, column) => {
    const heading = table.tHead.rows[0].cells[column];
    const numeric = heading.classList.contains("number");
    const down = heading.ariaSort === "ascending" || (numeric && heading.ariaSort !== "descending");
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", down ? "descending" : "ascending");
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => [first(row.cells[column]), row]);
    rows.sort((a, b) => compare(a[0], b[0], numeric, down));
    body.append(...rows.map(([, row]) => row));
  };

  const addSorting = (table) => {
    if (table.tBodies[0].rows.length < 2) return;
    [...table.tHead.rows[0].cells].forEach((heading, column) => {
      const button = make("button", {type: "button"}, heading.textContent);
      button.addEventListener("click", () => sort(table, column));
      heading.replaceChildren(button);
    });
  };

  const filter = (box, words, said) => {
    const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0, count = 0;
    for (const row of all("tbody tr", box)) {
      const text = row.textContent.toLowerCase();
      row.hidden = !wanted.every((word) => text.includes(word));
      shown += !row.hidden;
      ++count;
    }
    const folded = box.querySelector(":scope > details:not(.sources)");
    if (folded && wanted.length) folded.open = all("tbody tr:not([hidden])", folded).length > 0;
    said.textContent = wanted.length ? `${shown} of ${count} rows` : "";
  };

  const addFilter = (box, caption, tools) => {
    const said = make("span", {role: "status"});
    const input = make("input", {type: "search", placeholder: "words of a row"});
    input.setAttribute("aria-label", `Rows of ${caption} with`);
    input.addEventListener("input", () => filter(box, input.value, said));
    tools.append(make("label", {}, "Rows with ", input), said);
  };

  const hide = (box, column, hidden) => {
    for (const row of all("tr", box))
      if (row.cells[column]) row.cells[column].hidden = hidden;
  };

  const addColumns = (box, headings, tools) => {
    const choices = headings.map((heading, column) => {
      const input = make("input", {type: "checkbox", checked: true});
      input.addEventListener("change", () => hide(box, column, !input.checked));
      return make("label", {}, input, ` ${heading}`);
    });
    const fields = make("fieldset", {}, make("legend", {}, "Columns"), ...choices.slice(1));
    tools.append(make("details", {}, make("summary", {}, "Columns"), fields));
  };

  for (const box of all(".table")) {
    const tables = all("table", box);
    const caption = tables[0].caption.textContent;
    const headings = [...tables[0].tHead.rows[0].cells].map((cell) => cell.textContent);
    const rows = all("tbody tr", box).length;
    const tools = make("div", {className: "tools"});
    tables.forEach(addSorting);
    if (rows > 5) addFilter(box, caption, tools);
    if (headings.length > 5) addColumns(box, headings, tools);
    if (tools.children.length) box.prepend(tools);
    /* A number tells the file and the dataset that it comes from. */
    box.addEventListener("pointerover", (event) => {
      const cell = event.target.closest("tbody td");
      if (!cell || cell.title || !cell.parentNode.title) return;
      const dataset = cell.closest("table").tHead.rows[0].cells[cell.cellIndex].title;
      cell.title = dataset.startsWith("published") ? dataset : `${cell.parentNode.title} ${dataset}`.trim();
    });
  }

  /* ---- charts ---- */

  for (const chart of all(".chart")) {
    const pinned = new Set();
    const light = (series) => {
      chart.classList.toggle("lighting", series !== null || pinned.size > 0);
      for (const line of all(".series", chart))
        line.classList.toggle("lit", line.dataset.series === series || pinned.has(line.dataset.series));
    };
    for (const item of all(".legend li", chart)) {
      const series = item.dataset.series, label = item.querySelector("span");
      const button = make("button", {type: "button", ariaPressed: "false"}, label.textContent);
      label.replaceWith(button);
      button.addEventListener("click", () => {
        if (!pinned.delete(series)) pinned.add(series);
        button.ariaPressed = String(pinned.has(series));
        light(null);
      });
      button.addEventListener("focus", () => light(series));
      button.addEventListener("blur", () => light(null));
    }
    chart.addEventListener("pointerover", (event) => {
      const on = event.target.closest("[data-series]");
      light(on ? on.dataset.series : null);
    });
    chart.addEventListener("pointerleave", () => light(null));
  }

  /* ---- figures that open large ---- */

  const dialog = make("dialog", {ariaLabel: "Figure, enlarged"});
  const content = make("div");
  const close = make("button", {type: "button", className: "zoom"}, "Close");
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => content.replaceChildren());
  dialog.append(close, content);
  document.body.append(dialog);

  for (const figure of all("figure")) {
    if (!figure.querySelector("img, .chart")) continue;
    const button = make("button", {type: "button", className: "zoom"}, "Enlarge");
    const caption = figure.querySelector("figcaption");
    button.setAttribute("aria-label", `Enlarge: ${caption ? caption.textContent : "figure"}`);
    button.addEventListener("click", () => {
      const copy = figure.cloneNode(true);
      all(".zoom", copy).forEach((other) => other.remove());
      content.replaceChildren(copy);
      dialog.showModal();
    });
    figure.append(button);
  }

  /* ---- the grid at a glance ---- */

  const SHADES = 10;
  const mean = (numbers) => numbers.reduce((sum, value) => sum + value, 0) / numbers.length;

  const place = (cells, low, high, metric) => {
    if (!cells.length) return make("td", {className: "gap"});
    const values = cells.filter((value) => value !== null);
    if (!values.length) return make("td", {className: "gap"}, "no result");
    const share = high > low ? (mean(values) - low) / (high - low) : 0.5;
    const text = (metric.scale * mean(values)).toFixed(metric.decimals);
    const td = make("td", {className: `s${Math.round(SHADES * share)}`}, make("b", {}, text));
    if (cells.length > 1) td.append(make("span", {}, `${values.length} of ${cells.length}`));
    return td;
  };

  const lay = (table, grid, rows, columns, metric) => {
    const at = (row, column) => grid.cells
      .filter((cell) => cell.places[rows] === row && (columns < 0 || cell.places[columns] === column))
      .map((cell) => cell.values[metric]);
    const across = columns < 0 ? ["all"] : grid.axes[columns].values;
    const places = grid.axes[rows].values.map((_, row) => across.map((_, column) => at(row, column)));
    const means = places.flat()
      .map((cells) => cells.filter((value) => value !== null))
      .filter((values) => values.length).map(mean);
    const [low, high] = [Math.min(...means), Math.max(...means)];
    const corner = grid.axes[rows].name + (columns < 0 ? "" : `, ${grid.axes[columns].name}`);
    const head = make("tr", {}, make("td", {}, corner),
      ...across.map((value) => make("th", {scope: "col"}, value || "none")));
    const body = places.map((line, row) => make("tr", {},
      make("th", {scope: "row"}, grid.axes[rows].values[row] || "none"),
      ...line.map((cells) => place(cells, low, high, grid.metrics[metric]))));
    table.caption.textContent =
      `Mean ${grid.metrics[metric].label} of the cells at each place, and how many are done`;
    table.tHead.replaceChildren(head);
    table.tBodies[0].replaceChildren(...body);
  };

  for (const box of all(".axes")) {
    const grid = JSON.parse(box.querySelector("script.cells").textContent);
    const table = box.querySelector("table");
    const choose = (label, names, chosen, from = 0) => {
      const options = names.map((name, at) => make("option", {value: at + from, selected: at + from === chosen}, name));
      const select = make("select", {}, ...options);
      return [make("label", {}, `${label} `, select), select];
    };
    const names = grid.axes.map((axis) => axis.name);
    const [largest, second = -1] = [...names.keys()]
      .sort((a, b) => grid.axes[b].values.length - grid.axes[a].values.length);
    const [rowLabel, rows] = choose("Rows", names, largest);
    const [columnLabel, columns] = choose("Columns", ["(none)", ...names], second, -1);
    const [metricLabel, metric] = choose("Number", grid.metrics.map((one) => one.label), 0);
    const update = () => lay(table, grid, +rows.value,
      columns.value === rows.value ? -1 : +columns.value, +metric.value);
    for (const select of [rows, columns, metric]) select.addEventListener("change", update);
    box.prepend(make("div", {className: "tools"}, rowLabel, columnLabel, metricLabel));
  }

  /* ---- the table of contents ---- */

  const contents = document.querySelector("nav details");
  if (contents && matchMedia("(max-width: 64rem)").matches) contents.open = false;
  const links = new Map(all("nav a").map((link) => [link.hash.slice(1), link]));
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      for (const link of links.values()) link.removeAttribute("aria-current");
      links.get(entry.target.id).setAttribute("aria-current", "true");
    }
  }, {rootMargin: "0px 0px -70% 0px"});
  for (const section of all("main section")) if (links.has(section.id)) seen.observe(section);

  /* A link to what is folded away opens it. */
  const unfold = () => {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    for (let at = target; at; at = at.parentElement) if (at.localName === "details") at.open = true;
  };
  addEventListener("hashchange", unfold);
  unfold();
})();
