/* The beep of unacknowledged alarms, by priority. Sounds until acknowledged or silenced; a new alarm ends the silence. */
(function () {
  "use strict";
  const gridwatch = window.gridwatch;
  /* Pitch (Hz), length (s) and number of beeps by priority, and the pause between rounds (s): urgency rises with rate, not loudness. */
  const PATTERN = {
    1: { pitch: 988, length: 0.14, beeps: 5, every: 2 },
    2: { pitch: 880, length: 0.16, beeps: 3, every: 3.5 },
    3: { pitch: 740, length: 0.2, beeps: 2, every: 7 },
    4: { pitch: 587, length: 0.22, beeps: 1, every: 15 },
  };
  const LOUDNESS = 0.25;
  const BEEP_GAP_S = 0.1;

  let context = null;
  let nextAt = 0;
  const sound = (gridwatch.sound = {
    silenced: false,
    sounding: 0, // priority that sounds now, 0 for none
    beeps: 0, // rounds played or due, for the tests
    silence: function () {
      sound.silenced = true;
      tick();
    },
    start: start,
  });

  function start() {
    try {
      context = new AudioContext();
    } catch (failure) {
      context = null; // no audio device: the hint stays, the picture works
    }
    for (const gesture of ["pointerdown", "keydown"]) {
      document.addEventListener(gesture, unblock, true);
    }
    document.getElementById("sound").addEventListener("click", sound.silence);
    gridwatch.store.on("raised", function () {
      sound.silenced = false;
      nextAt = 0;
    });
    gridwatch.store.on("draw", tick);
    setInterval(tick, 250);
  }

  /* Browsers allow sound only after a gesture of the person. */
  function unblock() {
    if (context && context.state === "suspended") {
      context.resume();
    }
  }

  function worstUnacked() {
    let worst = 0;
    for (const alarm of gridwatch.store.alarms.values()) {
      if (alarm.state === "unack" && !alarm.backfilled && (worst === 0 || alarm.priority < worst) && !gridwatch.text.isOverridden(alarm)) {
        worst = alarm.priority;
      }
    }
    return worst;
  }

  function tick() {
    const worst = worstUnacked();
    sound.sounding = sound.silenced ? 0 : worst;
    show(worst);
    const now = performance.now() / 1000;
    if (sound.sounding && now >= nextAt) {
      nextAt = now + PATTERN[sound.sounding].every;
      sound.beeps += 1;
      if (context && context.state === "running") {
        play(PATTERN[sound.sounding]);
      }
    }
  }

  function play(pattern) {
    let at = context.currentTime + 0.02;
    for (let i = 0; i < pattern.beeps; i += 1) {
      const tone = context.createOscillator();
      const gain = context.createGain();
      tone.frequency.value = pattern.pitch;
      gain.gain.setValueAtTime(0, at);
      gain.gain.linearRampToValueAtTime(LOUDNESS, at + 0.01);
      gain.gain.setValueAtTime(LOUDNESS, at + pattern.length - 0.02);
      gain.gain.linearRampToValueAtTime(0, at + pattern.length);
      tone.connect(gain).connect(context.destination);
      tone.start(at);
      tone.stop(at + pattern.length);
      at += pattern.length + BEEP_GAP_S;
    }
  }

  function show(worst) {
    const button = document.getElementById("sound");
    const name = worst === 0 ? "sound_on" : sound.silenced ? "silenced" : "sounding";
    gridwatch.setText(button, gridwatch.text.say("console." + name));
    button.className = "quiet-button sound-" + name;
    const blocked = sound.sounding !== 0 && (!context || context.state !== "running");
    document.getElementById("sound-blocked").hidden = !blocked;
  }
})();
