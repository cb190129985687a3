// The stand-in for a host of SCORM packages: scorm-again keeps the data model
// and its errors; around it stands what counts the calls and notes what matters
// to a reviewer.
'use strict'

const scorm = (() => {
  // The standard's least size that every host keeps, in characters
  // (SPM): SCORM 1.2 RTE 3.4.4; SCORM 2004 RTE 4.2.23.
  const suspendLimit = { scorm12: 4096, '2nd': 4000, '3rd': 4000, '4th': 64000 }
  const silent = 5 // scorm-again's level of no log
  let inner = null
  let kept = {} // by unit: what it stored when it was left to be resumed

  const names12 = {
    initialize: 'LMSInitialize', terminate: 'LMSFinish', get: 'LMSGetValue', set: 'LMSSetValue', commit: 'LMSCommit',
    lastError: 'LMSGetLastError', errorString: 'LMSGetErrorString', diagnostic: 'LMSGetDiagnostic',
  }
  const names2004 = {
    initialize: 'Initialize', terminate: 'Terminate', get: 'GetValue', set: 'SetValue', commit: 'Commit',
    lastError: 'GetLastError', errorString: 'GetErrorString', diagnostic: 'GetDiagnostic',
  }

  // begin puts a fresh host where the unit looks for it.
  function begin(course, unit, number, resume) {
    const old = course.kind === 'scorm12'
    const names = old ? names12 : names2004
    if (!resume) delete kept[number]
    inner = old ? new Scorm12API({ logLevel: silent }) : new Scorm2004API({ logLevel: silent })
    inner.loadFromJSON(old ? given12(unit, kept[number]) : given2004(unit, kept[number]), '')
    report.begin({
      standard: old ? 'SCORM 1.2' : `SCORM 2004, ${course.edition} edition`, unit: number, title: unit.title,
      suspendLimit: suspendLimit[old ? 'scorm12' : course.edition],
    })
    window[old ? 'API' : 'API_1484_11'] = wrapped(names, number, old)
  }

  function wrapped(names, number, old) {
    const api = {}
    const call = (what, act) => (...args) => {
      report.called()
      const result = inner[names[what]](...args)
      act(args, result)
      return result
    }
    const failing = (call) => {
      const code = String(inner[names.lastError]())
      // Asking for what was never set is how many courses begin (2004: 403).
      if (code !== '0' && !(call.startsWith('GetValue') && code === '403')) report.failed(`${call}: error ${code}, ${inner[names.errorString](code)}`)
    }
    api[names.initialize] = call('initialize', (_, result) => {
      if (String(result) === 'true') report.note({ started: true, ended: false })
      else failing(names.initialize)
    })
    api[names.terminate] = call('terminate', (_, result) => {
      if (String(result) === 'true') report.note({ ended: true })
      else failing(names.terminate)
    })
    api[names.get] = call('get', ([element]) => failing(`${names.get}("${element}")`))
    api[names.set] = call('set', ([element, value], result) => {
      if (String(result) === 'true') note(String(element), String(value), number, old)
      else failing(`${names.set}("${element}")`)
    })
    api[names.commit] = call('commit', (_, result) => {
      if (String(result) !== 'true') failing(names.commit)
    })
    for (const plain of ['lastError', 'errorString', 'diagnostic']) {
      api[names[plain]] = (...args) => inner[names[plain]](...args)
    }
    if (!old) api.version = '1.0'
    return api
  }

  // note keeps what a reviewer wants to see, and what a resumed unit asks for.
  function note(element, value, number, old) {
    const store = (kept[number] ??= {})
    store[element] = value
    switch (element) {
      case 'cmi.core.lesson_status': // one element for two questions
        report.note(['passed', 'failed'].includes(value) ? { success: value, completion: value === 'passed' ? 'completed' : report.state.completion } : { completion: value })
        break
      case 'cmi.completion_status':
        report.note({ completion: value })
        break
      case 'cmi.success_status':
        report.note({ success: value })
        break
      case 'cmi.core.score.raw':
      case 'cmi.score.raw':
        report.note({ score: value })
        break
      case 'cmi.score.scaled':
        report.note({ scaled: value })
        break
      case 'cmi.progress_measure':
        report.note({ progress: value })
        break
      case 'cmi.core.session_time':
      case 'cmi.session_time':
        report.note({ time: value })
        break
      case 'cmi.suspend_data':
        report.note({ suspendSize: [...value].length })
    }
  }

  function given12(unit, before) {
    const core = { student_id: 'preview', student_name: 'Preview, Reviewer', credit: 'credit', lesson_mode: 'normal', entry: before ? 'resume' : 'ab-initio' }
    const cmi = { core, launch_data: unit.data ?? '' }
    if (unit.mastery) cmi.student_data = { mastery_score: unit.mastery }
    if (before) {
      core.lesson_status = before['cmi.core.lesson_status'] ?? 'incomplete'
      core.lesson_location = before['cmi.core.lesson_location'] ?? ''
      cmi.suspend_data = before['cmi.suspend_data'] ?? ''
    }
    return { cmi }
  }

  function given2004(unit, before) {
    const cmi = { learner_id: 'preview', learner_name: 'Preview, Reviewer', credit: 'credit', mode: 'normal', entry: before ? 'resume' : 'ab-initio', launch_data: unit.data ?? '' }
    if (before) {
      for (const name of ['location', 'completion_status', 'success_status', 'suspend_data']) {
        if (before[`cmi.${name}`] !== undefined) cmi[name] = before[`cmi.${name}`]
      }
    }
    return { cmi }
  }

  return { begin }
})()
