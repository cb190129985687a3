// What the course reported, told to the page of Rung that holds the frame, and
// to nobody else. It is text from a package: the page takes it for no more.
'use strict'

const report = (() => {
  const parentOrigin = document.body.dataset.parent
  let state = {}
  let timer = 0

  function send() {
    timer = 0
    if (window.parent !== window) window.parent.postMessage({ rung: 'preview', ...state }, parentOrigin)
  }

  return {
    // begin forgets what the unit before reported.
    begin(about) {
      state = { calls: 0, errors: 0, ...about }
      send()
    },
    // note adds to it; what comes in quick succession is told once.
    note(facts) {
      Object.assign(state, facts)
      timer ||= setTimeout(send, 300)
    },
    called() {
      this.note({ calls: state.calls + 1 })
    },
    failed(text) {
      this.note({ errors: state.errors + 1, lastError: String(text).slice(0, 300) })
    },
    get state() {
      return state
    },
  }
})()
