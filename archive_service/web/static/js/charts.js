/* Trend and league charts, drawn from the table beside them: without this file the table says it all. Canvas and rich-text
   tips only, for ECharts' HTML tips write style attributes, which the policy of the pages refuses. */
(function () {
  "use strict";
  var drawn = [];

  function colour(name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim(); }

  function rows(id) {
    return Array.prototype.map.call(document.querySelectorAll("#" + id + " tbody tr"), function (row) {
      var value = row.dataset.value;
      return { label: row.dataset.label, value: value ? Number(value) : null };
    });
  }

  function axis(more) {
    return Object.assign({
      axisLine: { lineStyle: { color: colour("--line-2") } }, axisTick: { show: false },
      axisLabel: { color: colour("--ink-2"), fontSize: 12 }, splitLine: { lineStyle: { color: colour("--line") } }
    }, more);
  }

  function options(box) {
    var data = rows(box.dataset.table), goal = Number(box.dataset.goal), bars = box.dataset.chart === "bar";
    var share = box.dataset.unit === "%", worse = function (value) { return share ? value < goal : value > goal; };
    if (bars) data = data.slice(0, 20);
    var names = axis({ type: "category", data: data.map(function (one) { return one.label; }), splitLine: { show: false } });
    if (bars) { names.inverse = true; names.axisLabel = { color: colour("--ink"), fontSize: 12, width: 110, overflow: "truncate" }; }
    var known = data.filter(function (one) { return one.value !== null; }).map(function (one) { return one.value; });
    var least = Math.min.apply(null, known.concat([goal]));
    var values = axis({ type: "value", min: bars || !share ? 0 : Math.max(0, Math.floor(least / 10) * 10) });
    if (share) values.max = 100;


    var series = data.map(function (one) {
      return { value: one.value, itemStyle: { color: one.value !== null && worse(one.value) ? colour("--warn") : colour("--brand") } };
    });
    return {
      animation: false, textStyle: { fontFamily: colour("--sans") || "sans-serif" },
      grid: bars ? { left: 124, right: 56, top: 8, bottom: 24 } : { left: 40, right: 32, top: 16, bottom: 28 },
      tooltip: { renderMode: "richText", trigger: "axis", backgroundColor: colour("--surface"), borderColor: colour("--line-2"),
        textStyle: { color: colour("--ink") } },
      xAxis: bars ? values : names, yAxis: bars ? names : values,
      series: [bars
        ? { type: "bar", data: series, barMaxWidth: 16 , label: { show: true, position: "right", color: colour("--ink"), formatter: "{c}" + box.dataset.unit } }
        : { type: "line", data: series, symbol: "circle", symbolSize: 7, color: colour("--brand"), lineStyle: { width: 2 }, connectNulls: true  }]
    };
  }

  function draw() {
    drawn.forEach(function (chart) { chart.setOption(options(chart.getDom()), true); });
  }

  function begin() {
    document.querySelectorAll("[data-chart]").forEach(function (box) {
      var count = Math.min(20, rows(box.dataset.table).length);
      if (!count) return;
      box.classList.add("chart-on");
      if (box.dataset.chart === "bar") box.style.height = Math.max(96, count * 26 + 40) + "px";
      drawn.push(window.echarts.init(box));
    });
    draw();
  }

  function fit() { drawn.forEach(function (chart) { chart.resize(); }); }
  window.addEventListener("resize", fit);
  window.addEventListener("beforeprint", fit);
  new MutationObserver(draw).observe(document.documentElement, { attributes: true, attributeFilter: ["data-bs-theme"] });
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin); else begin();
})();
