// Keeps the overview fresh from the API. Text goes in as text only.
"use strict";
(() => {
  const every = 2000;

  // The same as on the server: inert.go, page.go.
  const visible = (s) => String(s ?? "").replace(/[\p{Cc}\p{Bidi_Control}\u2028\u2029\ufeff]/gu,
    (c) => "\\u" + c.codePointAt(0).toString(16).padStart(4, "0"));
  const clock = (t) => t ? new Date(t).toISOString().slice(0, 19).replace("T", " ") : "";
  const age = (t) => {
    if (!t) return "";
    const s = Math.max(0, Math.floor((Date.now() - new Date(t)) / 1000));
    if (s < 60) return `${s}s`;
    if (s < 3600) return `${Math.floor(s / 60)}m ${s % 60}s`;
    if (s < 86400) return `${Math.floor(s / 3600)}h ${Math.floor(s / 60) % 60}m`;
    return `${Math.floor(s / 86400)}d ${Math.floor(s / 3600) % 24}h`;
  };
  const bytes = (n) => {
    const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let i = 0;
    for (; n >= 1024 && i < units.length - 1; i++) n /= 1024;
    return (i > 0 && n < 10 ? (Math.floor(n * 10 + 0.5) / 10).toFixed(1) : Math.floor(n + 0.5)) + " " + units[i];
  };

  const field = (root, name) => root.querySelector(`[data-field="${name}"]`);
  const put = (root, name, text) => {
    const e = field(root, name);
    if (e.textContent !== text) e.textContent = text;
  };
  const putState = (row, state) => {
    put(row, "state", visible(state));
    field(row, "state").dataset.state = visible(state);
  };
  const link = (row, name, folder, id) => field(row, name).setAttribute("href", folder + encodeURIComponent(id));

  // Rows stay where they are and change their text, so that a selection or the
  // keyboard's place is kept.
  const fill = (id, items, write) => {
    const body = document.getElementById(id);
    const blank = document.getElementById(id === "webhooks" ? "webhook-row" : "delivery-row");
    while (body.rows.length > items.length) body.deleteRow(-1);
    while (body.rows.length < items.length) body.append(blank.content.cloneNode(true));
    items.forEach((item, i) => write(body.rows[i], item));
  };

  const refusal = (config) => {
    if (config.last_reload !== "rejected") return "";
    const errors = (config.rejected ?? []).filter((d) => d.severity !== "warning");
    if (errors.length === 0) return "the configuration on disk is not in force";
    const { file, line } = errors[0];
    const place = file ? file + (line ? `:${line}` : "") + ": " : "";
    const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
    return place + errors[0].summary + more;
  };

  const showStatus = (s) => {
    const strip = document.getElementById("strip");
    const why = refusal(s.config);
    document.getElementById("config").dataset.state = why ? "rejected" : "ok";
    put(strip, "verdict", why ? "REJECTED" : "In force");
    put(strip, "refusal", visible(why));
    field(strip, "refusal").hidden = !why;
    put(strip, "generation", String(s.config.generation));
    put(strip, "loaded", clock(s.config.loaded_at));
    field(strip, "lastgood").hidden = !s.config.last_good;
    const q = s.queue, n = (state) => q.deliveries?.[state] ?? 0;
    put(strip, "bytes", bytes(q.bytes));
    put(strip, "max", bytes(q.max_bytes));
    field(strip, "fill").max = q.max_bytes;
    field(strip, "fill").value = q.bytes;
    put(strip, "waiting", String(n("pending") + n("held") + n("orphaned")));
    put(strip, "failed", String(n("failed")));
    put(strip, "corrupt-count", String(q.corrupt_records));
    field(strip, "corrupt").hidden = q.corrupt_records === 0;
    put(strip, "phase", visible(s.state));
    put(strip, "version", visible(s.version));
    put(strip, "started", clock(s.started_at));
    put(strip, "doors", visible((s.listen ?? []).join(", ")));
  };

  const showWebhook = (row, w) => {
    const n = (state) => w.deliveries?.[state] ?? 0;
    put(row, "name", visible(w.name));
    link(row, "name", "/webhooks/", w.name);
    putState(row, w.state);
    put(row, "reason", visible(w.reason));
    put(row, "method", visible(w.method));
    put(row, "url", visible(w.url));
    put(row, "events", visible((w.events ?? []).join(", ")));
    put(row, "pending", String(n("pending")));
    put(row, "held", String(n("held") + n("orphaned")));
    put(row, "delivered", String(n("delivered")));
    put(row, "failed", String(n("failed")));
    put(row, "oldest", age(w.oldest_at));
  };

  const showDelivery = (row, d) => {
    put(row, "accepted", clock(d.created_at));
    link(row, "accepted", "/deliveries/", d.id);
    put(row, "type", visible(d.type));
    put(row, "webhook", visible(d.webhook));
    putState(row, d.state);
    put(row, "class", visible(d.class));
    put(row, "next", clock(d.next_attempt_at));
  };

  const get = async (path) => {
    const answer = await fetch("/api/v1/" + path);
    const value = await answer.json();
    if (!answer.ok) throw new Error(value.detail ?? answer.status);
    return value;
  };

  const refresh = async () => {
    const parts = await Promise.allSettled([
      get("status").then(showStatus),
      get("webhooks").then((a) => fill("webhooks", a.webhooks, showWebhook)),
      get("deliveries?limit=20").then((a) => fill("deliveries", a.deliveries, showDelivery)),
    ]);
    const failed = parts.find((p) => p.status === "rejected");
    const trouble = document.getElementById("trouble");
    trouble.hidden = !failed;
    if (!failed) trouble.textContent = "";
    else trouble.textContent = failed.reason instanceof TypeError
      ? "The agent does not answer; what is shown here is old." : visible(failed.reason.message);
  };

  const loop = async () => {
    if (!document.hidden) await refresh();
    setTimeout(loop, every);
  };
  setTimeout(loop, every);
})();
