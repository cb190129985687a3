// The stand-in for a host of SCORM packages: scorm-again keeps the data model
// and its errors; around it stands what counts the calls and notes what matters
// to a reviewer.
'use strict'

const scorm = (() => {
  // The standard's least size that every host keeps, in characters
  // (SPM): SCORM 1.2 RTE 3.4.4; SCORM 2004 RTE 4.2.23.
  const suspendLimit = { scorm12: 4096, '2nd': 4000, '3rd': 64000, '4th': 64000 }
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

  const characters = (s) => [...s].length

  // begin puts a fresh host where the unit looks for it.
  function begin(course, unit, number, resume) {
    const old = course.kind === 'scorm12'
    const names = old ? names12 : names2004
    if (!resume) delete kept[number]
    inner = old ? new Scorm12API({ logLevel: silent }) : new Scorm2004API({ logLevel: silent })
    const given = old ? given12(unit, kept[number]) : given2004(unit, kept[number])
    inner.loadFromJSON(given, '')
    report.begin({
      standard: old ? 'SCORM 1.2' : `SCORM 2004, ${course.edition} edition`, unit: number, title: unit.title,
      suspendSize: characters(given.cmi.suspend_data ?? ''), suspendLimit: suspendLimit[old ? 'scorm12' : course.edition],
    })
    window[old ? 'API' : 'API_1484_11'] = wrapped(names, number, old)
  }

  function wrapped(names, number, old) {
    const api = {}
    const host = inner
    const call = (what, act) => (...args) => {
      const result = host[names[what]](...args)
      if (host === inner) { // not the late word of a window that a unit before left open
        report.called()
        act(args, result)
      }
      return result
    }
    const failing = (call) => {
      const code = String(host[names.lastError]())
      // Asking for what was never set is how many courses begin (2004: 403).
      if (code !== '0' && !(call.startsWith('GetValue') && code === '403')) report.failed(`${call}: error ${code}, ${host[names.errorString](code)}`)
    }
    api[names.initialize] = call('initialize', (_, result) => {
      if (String(result) === 'true') report.note({ started: true, ended: false })
      else failing(names.initialize)
    })
    api[names.terminate] = call('terminate', (_, result) => {
      if (String(result) === 'true') report.note({ ended: true, ...concluded(host, old) })
      else failing(names.terminate)
    })
    api[names.get] = call('get', ([element]) => failing(`${names.get}("${element}")`))
    api[names.set] = call('set', ([element, value], result) => {
      if (element === 'cmi.suspend_data') report.note({ suspendSize: characters(String(value)) }) // also of more than was taken
      if (String(result) === 'true') note(String(element), String(value), number)
      else failing(`${names.set}("${element}", "${String(value).slice(0, 40)}")`)
    })
    api[names.commit] = call('commit', (_, result) => {
      if (String(result) !== 'true') failing(names.commit)
    })
    for (const plain of ['lastError', 'errorString', 'diagnostic']) {
      api[names[plain]] = (...args) => host[names[plain]](...args)
    }
    if (!old) api.version = '1.0'
    return api
  }

  // note keeps what a reviewer wants to see, and what a resumed unit asks for.
  function note(element, value, number) {
    const store = (kept[number] ??= {})
    store[element] = value
    switch (element) {
      case 'cmi.core.lesson_status': // one element for two questions
        report.note(status12(value))
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
      case 'cmi.core.exit':
      case 'cmi.exit':
        report.note({ exit: value })
    }
  }

  // status12 takes SCORM 1.2's one status for what it says of each question: who
  // failed may have seen all of it, or not.
  function status12(value) {
    if (value === 'passed') return { success: value, completion: 'completed' }
    return value === 'failed' ? { success: value } : { completion: value }
  }

  // concluded is what the host makes of it when a session has ended: a score
  // against the manifest's mastery score outweighs the status that a course set
  // (SCORM 1.2 RTE 3.4.4; SCORM 2004 RTE 4.2.22).
  function concluded({ cmi }, old) {
    if (old) return cmi.student_data.mastery_score !== '' && cmi.core.score.raw !== '' ? status12(cmi.core.lesson_status) : {}
    const { success_status: success, completion_status: completion } = cmi
    return { ...(success !== 'unknown' && { success }), ...(completion !== 'unknown' && { completion }) }
  }

  function given12(unit, before) {
    const entry = before ? (before['cmi.core.exit'] === 'suspend' ? 'resume' : '') : 'ab-initio'
    const core = { student_id: 'preview', student_name: 'Preview, Reviewer', credit: 'credit', lesson_mode: 'normal', entry }
    const cmi = { core, launch_data: unit.data ?? '' }
    if (unit.mastery) cmi.student_data = { mastery_score: unit.mastery }
    if (before) {
      core.lesson_status = before['cmi.core.lesson_status'] ?? 'incomplete'
      core.lesson_location = before['cmi.core.lesson_location'] ?? ''
      cmi.suspend_data = before['cmi.suspend_data'] ?? ''
    }
    return { cmi }
  }

  // A SCORM 2004 unit that was not left with the exit "suspend" has had its
  // attempt: the next one finds nothing of it (RTE 4.2.8).
  function given2004(unit, before) {
    const resumed = before?.['cmi.exit'] === 'suspend'
    const cmi = { learner_id: 'preview', learner_name: 'Preview, Reviewer', credit: 'credit', mode: 'normal', entry: resumed ? 'resume' : 'ab-initio', launch_data: unit.data ?? '' }
    if (unit.mastery) cmi.scaled_passing_score = unit.mastery
    if (unit.threshold) cmi.completion_threshold = unit.threshold
    if (resumed) {
      for (const name of ['location', 'completion_status', 'success_status', 'suspend_data']) {
        if (before[`cmi.${name}`] !== undefined) cmi[name] = before[`cmi.${name}`]
      }
    }
    return { cmi }
  }

  return { begin }
})()
