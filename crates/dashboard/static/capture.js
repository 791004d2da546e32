// The camera of a capture page. Without it, or without permission, the same form takes a file.
const camera = document.querySelector("[data-camera]");
if (camera) {
  const video = camera.querySelector("video");
  const plate = camera.querySelector(".plate");
  const checks = camera.querySelector(".checks");
  const trouble = camera.querySelector(".summary");
  const open = camera.querySelector("[data-open]");
  const take = camera.querySelector("[data-take]");
  const label = take.textContent;
  const file = document.querySelector("details.file");
  const form = file?.querySelector("form");
  let stream = null;
  let prompts = null;
  camera.hidden = false;
  if (file) file.open = false;

  const fail = (name, text) => {
    trouble.textContent = text ?? trouble.dataset[name];
    trouble.hidden = false;
    if (name === "failed") return;
    camera.querySelector("[data-camera-help]")?.removeAttribute("hidden");
    if (file) file.open = true;
  };
  const stop = () => stream?.getTracks().forEach((track) => track.stop());

  const start = async () => {
    if (!navigator.mediaDevices?.getUserMedia) return fail("insecure");
    trouble.hidden = true;
    try {
      const wish = { facingMode: { ideal: camera.dataset.camera }, width: { ideal: 1920 }, height: { ideal: 1080 } };
      stream = await navigator.mediaDevices.getUserMedia({ video: wish, audio: false });
    } catch (error) {
      return fail(error.name === "NotAllowedError" || error.name === "SecurityError" ? "denied" : "missing");
    }
    video.srcObject = stream;
    await video.play();
    open.hidden = true;
    take.hidden = false;
    camera.classList.add("live");
    if (camera.dataset.prompts) await ask();
    else if (checks) watch();
  };

  // A small copy is measured twice a second, so that a poor picture is seen before it is sent.
  const watch = () => {
    checks.hidden = false;
    const small = document.createElement("canvas");
    [small.width, small.height] = [320, 180];
    const drawn = small.getContext("2d", { willReadFrequently: true });
    const tell = (name, good) => {
      const place = checks.querySelector(`[data-check=${name}]`);
      const text = good ? place.dataset.good : place.dataset.poor;
      if (place.textContent === text) return;
      const glyph = document.createElement("span");
      glyph.className = `glyph ${good ? "ok" : "wait"}`;
      glyph.setAttribute("aria-hidden", "true");
      place.replaceChildren(glyph, text);
      place.className = `state ${good ? "ok" : "wait"}`;
    };
    setInterval(() => {
      if (document.hidden || !video.videoWidth) return;
      drawn.drawImage(video, 0, 0, 320, 180);
      const { data } = drawn.getImageData(0, 0, 320, 180);
      const luma = new Float32Array(320 * 180);
      let sum = 0;
      let clipped = 0;
      for (let at = 0; at < luma.length; at += 1) {
        luma[at] = 0.21 * data[4 * at] + 0.72 * data[4 * at + 1] + 0.07 * data[4 * at + 2];
        sum += luma[at];
        if (luma[at] >= 251) clipped += 1;
      }
      let edges = 0;
      for (let at = 321; at < luma.length - 321; at += 1) {
        const edge = luma[at - 1] + luma[at + 1] + luma[at - 320] + luma[at + 320] - 4 * luma[at];
        edges += edge * edge;
      }
      tell("light", sum / luma.length >= 45);
      tell("glare", clipped / luma.length < 0.12);
      tell("focus", edges / luma.length >= 20);
    }, 500);
  };

  const shot = () => new Promise((resolve) => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
    canvas.getContext("2d").drawImage(video, 0, 0);
    canvas.toBlob(resolve, "image/jpeg", 0.92);
  });
  const post = async (url, body) => {
    const response = await fetch(url, { method: "POST", body, headers: { accept: "application/json" }, cache: "no-store" });
    const told = (response.headers.get("content-type") ?? "").startsWith("application/json") ? await response.json() : {};
    if (!response.ok) throw new Error(told.error ?? trouble.dataset.failed);
    return told;
  };
  const send = async (url, fields) => {
    const body = new FormData();
    body.append("live", "1");
    for (const [name, value] of Object.entries(fields)) body.append(name, String(value));
    body.append("picture", await shot(), "picture.jpg");
    return post(url, body);
  };

  // The prompts are drawn by the server now that the camera is open; each has ten seconds.
  const ask = async () => {
    try {
      ({ prompts } = await post(camera.dataset.prompts, new URLSearchParams()));
    } catch (error) {
      return fail("failed", error.message);
    }
    prompts.began = performance.now();
    show(0);
  };
  const show = (at) => {
    prompts.at = at;
    prompts.shown = Math.round(performance.now() - prompts.began);
    plate.textContent = `${at + 1}/${prompts.length} ${prompts[at].text}`;
    plate.hidden = false;
    clearTimeout(prompts.timer);
    prompts.timer = setTimeout(() => take.click(), 9000);
  };

  open.addEventListener("click", start);
  take.addEventListener("click", async () => {
    if (take.getAttribute("aria-disabled") === "true") return;
    take.setAttribute("aria-disabled", "true");
    take.textContent = take.dataset.busy;
    trouble.hidden = true;
    try {
      if (prompts) {
        clearTimeout(prompts.timer);
        const { slot, echo } = prompts[prompts.at];
        const captured = Math.round(performance.now() - prompts.began);
        const { next } = await send(camera.dataset.pictures + slot, { echo, shown: prompts.shown, captured });
        if (prompts.at + 1 < prompts.length) show(prompts.at + 1);
        else { stop(); location.assign(next); return; }
      } else {
        const { next } = await send(form.action, {});
        stop();
        location.assign(next);
        return;
      }
    } catch (error) {
      fail("failed", error.message);
    }
    take.textContent = label;
    take.removeAttribute("aria-disabled");
  });
  addEventListener("pagehide", stop);
}
