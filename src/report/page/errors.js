/* The browser of test images: takes the data that stands before it, shows a number of cases at a time, and
   makes an image's element only when it is shown. Every text from the data is set as text. */
(function () {
  'use strict';
  var script = document.currentScript, source = script.previousElementSibling;
  var data = JSON.parse(source.textContent);
  var root = source.parentNode.querySelector('.error-browser');
  var form = root.querySelector('form'), list = root.querySelector('.error-cases');
  var count = root.querySelector('.error-count'), more = root.querySelector('.error-more');
  var found = [], shown = 0, step = 24, marks = [];
  function element(name, text, parent) {
    var made = document.createElement(name);
    made.textContent = text;
    return parent ? parent.appendChild(made) : made;
  }
  function rectangle(svg, box, kind) {
    var made = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
    made.setAttribute('x', box[0]);
    made.setAttribute('y', box[1]);
    made.setAttribute('width', box[2] - box[0]);
    made.setAttribute('height', box[3] - box[1]);
    made.setAttribute('class', kind);
    svg.appendChild(made);
  }
  function picture(image, place, parent) {
    var frame = element('div', '', parent), shot = element('img', '', frame);
    var svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    frame.className = 'frame';
    shot.loading = 'lazy';
    shot.alt = 'Frame ' + image.n;
    shot.src = image.s;
    svg.setAttribute('viewBox', '0 0 ' + image.w + ' ' + image.h);
    svg.setAttribute('aria-hidden', 'true');
    image.a.forEach(function (box) { rectangle(svg, box, 'annotated'); });
    (marks[place] || []).forEach(function (box) { rectangle(svg, box, 'found'); });
    frame.appendChild(svg);
  }
  function show() {
    var model = data.models[form.model.value];
    for (var end = Math.min(found.length, shown + step); shown < end; ++shown) {
      var i = found[shown], image = data.images[i], card = element('article', '', list);
      if (image.s) picture(image, i, card);
      var text = element('p', '', card);
      element('strong', data.kinds[model.k[i]], text);
      element('span', ': ' + data.classes[image.t + 1] + ', called ' +
        data.classes[model.c[i] + 1] + ', score ' + model.s[i] + ', ' +
        image.n.split('/').pop() +
        (image.p && image.p !== image.n ? ', patient ' + image.p : ''), text);
      card.title = image.n;
    }
    more.hidden = shown === found.length;
  }
  function choose() {
    var model = data.models[form.model.value], kind = form.kind.value;
    var truth = form.truth.value, word = form.patient.value.toLowerCase();
    var low = parseFloat(form.low.value), high = parseFloat(form.high.value);
    list.textContent = '';
    marks = [];
    model.b.forEach(function (b) { (marks[b[0]] = marks[b[0]] || []).push(b.slice(1, 5)); });
    shown = 0;
    found = [];
    data.images.forEach(function (image, i) {
      if ((kind === 'all' || (kind === 'any' ? model.k[i] > 0 : model.k[i] === +kind)) &&
          (truth === '' || image.t === truth - 1) && !(model.s[i] < low) &&
          !(model.s[i] > high) &&
          (image.p.toLowerCase() + ' ' + image.n.toLowerCase()).indexOf(word) >= 0)
        found.push(i);
    });
    count.textContent = found.length + ' of ' + data.images.length + ' test images';
    show();
  }
  form.addEventListener('input', choose);
  form.addEventListener('submit', function (event) { event.preventDefault(); });
  more.addEventListener('click', show);
  root.hidden = false;
  choose();
}());
