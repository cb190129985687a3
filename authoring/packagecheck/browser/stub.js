// The run-time interface of a host, as a unit finds it in a parent window:
// API (SCORM 1.2 RTE, section 3) or API_1484_11 (SCORM 2004 RTE, sections 3 and
// 4). It answers as the standards say, keeps what is set, and tells through the
// binding that the browser gave it what was called.
(() => {
  'use strict'
  const tell = window.rungHost
  delete window.rungHost
  const modern = document.currentScript.dataset.api === '2004'
  const said = new Set()

  const report = (call, error, element) => {
    const key = call + '\n' + element + '\n' + error
    if (said.has(key) || said.size >= 100) return
    said.add(key)
    tell(JSON.stringify({ call, error, element: String(element ?? '').slice(0, 80) }))
  }

  // Types of values: each tells the error that a value gets, '0' for none.
  const wrong = modern ? '406' : '405'
  const text = most => v => v.length <= most ? '0' : wrong
  const match = re => v => re.test(v) ? '0' : wrong
  const words = (...list) => v => list.includes(v) ? '0' : wrong
  const real = (least, most) => v => {
    if (!/^-?(\d+(\.\d*)?|\.\d+)$/.test(v)) return wrong
    return Number(v) < least || Number(v) > most ? (modern ? '407' : wrong) : '0'
  }
  const any = () => '0'

  // One line of a data model: what a SCO may do with it, its type, and what it
  // holds at first (undefined: nothing yet).
  const rw = (type, first) => ({ get: true, set: true, type, first })
  const ro = first => ({ get: true, set: false, first })
  const wo = type => ({ get: false, set: true, type })

  const scorm12 = () => {
    const number = v => v === '' ? '0' : real(-Infinity, Infinity)(v)
    const percent = v => v === '' ? '0' : real(0, 100)(v)
    const status = words('passed', 'completed', 'failed', 'incomplete', 'browsed', 'not attempted')
    const span = match(/^\d{2,4}:\d\d:\d\d(\.\d{1,2})?$/)
    const clock = match(/^\d\d:\d\d:\d\d(\.\d{1,2})?$/)
    const name = text(255)
    const level = least => match(new RegExp(least < 0 ? '^-?\\d{1,3}$' : '^\\d{1,3}$'))
    return {
      'cmi._version': ro('3.4'),
      'cmi.core.student_id': ro('learner-1'),
      'cmi.core.student_name': ro('Learner, Test'),
      'cmi.core.lesson_location': rw(text(255), ''),
      'cmi.core.credit': ro('credit'),
      'cmi.core.lesson_status': rw(status, 'not attempted'),
      'cmi.core.entry': ro('ab-initio'),
      'cmi.core.score.raw': rw(percent, ''),
      'cmi.core.score.max': rw(percent, ''),
      'cmi.core.score.min': rw(percent, ''),
      'cmi.core.total_time': ro('0000:00:00.00'),
      'cmi.core.lesson_mode': ro('normal'),
      'cmi.core.exit': wo(words('time-out', 'suspend', 'logout', '')),
      'cmi.core.session_time': wo(span),
      'cmi.suspend_data': rw(text(4096), ''),
      'cmi.launch_data': ro(''),
      'cmi.comments': rw(text(4096), ''),
      'cmi.comments_from_lms': ro(''),
      'cmi.objectives.n.id': rw(name, ''),
      'cmi.objectives.n.score.raw': rw(percent, ''),
      'cmi.objectives.n.score.max': rw(percent, ''),
      'cmi.objectives.n.score.min': rw(percent, ''),
      'cmi.objectives.n.status': rw(status, 'not attempted'),
      'cmi.student_data.mastery_score': ro(''),
      'cmi.student_data.max_time_allowed': ro(''),
      'cmi.student_data.time_limit_action': ro(''),
      'cmi.student_preference.audio': rw(level(-1), '0'),
      'cmi.student_preference.language': rw(name, ''),
      'cmi.student_preference.speed': rw(level(-1), '0'),
      'cmi.student_preference.text': rw(level(-1), '0'),
      'cmi.interactions.n.id': wo(name),
      'cmi.interactions.n.objectives.n.id': wo(name),
      'cmi.interactions.n.time': wo(clock),
      'cmi.interactions.n.type': wo(words('true-false', 'choice', 'fill-in', 'matching', 'performance', 'sequencing', 'likert', 'numeric')),
      'cmi.interactions.n.correct_responses.n.pattern': wo(any),
      'cmi.interactions.n.weighting': wo(number),
      'cmi.interactions.n.student_response': wo(any),
      'cmi.interactions.n.result': wo(v => ['correct', 'wrong', 'unanticipated', 'neutral'].includes(v) ? '0' : number(v)),
      'cmi.interactions.n.latency': wo(span)
    }
  }

  const scorm2004 = () => {
    const number = real(-Infinity, Infinity)
    const completion = words('completed', 'incomplete', 'not attempted', 'unknown')
    const success = words('passed', 'failed', 'unknown')
    const duration = match(/^P(?=.)(\d+Y)?(\d+M)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d{1,2})?S)?)?$/)
    const moment = match(/^\d{4}(-\d\d(-\d\d(T\d\d(:\d\d(:\d\d(\.\d{1,2}(Z|[+-]\d\d(:\d\d)?)?)?)?)?)?)?)?$|^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,2})?(Z|[+-]\d\d(:\d\d)?)?$/)
    const id = match(/^\S.{0,3999}$/s)
    const wish = match(/^(continue|previous|exit|exitAll|abandon|abandonAll|suspendAll|_none_|\{target=[^}]+\}(choice|jump))$/)
    return {
      'cmi._version': ro('1.0'),
      'cmi.learner_id': ro('learner-1'),
      'cmi.learner_name': ro('Learner, Test'),
      'cmi.location': rw(text(1000)),
      'cmi.credit': ro('credit'),
      'cmi.completion_status': rw(completion, 'unknown'),
      'cmi.success_status': rw(success, 'unknown'),
      'cmi.completion_threshold': ro(),
      'cmi.scaled_passing_score': ro(),
      'cmi.entry': ro('ab-initio'),
      'cmi.mode': ro('normal'),
      'cmi.launch_data': ro(),
      'cmi.max_time_allowed': ro(),
      'cmi.time_limit_action': ro('continue,no message'),
      'cmi.total_time': ro('PT0S'),
      'cmi.session_time': wo(duration),
      'cmi.exit': wo(words('time-out', 'suspend', 'logout', 'normal', '')),
      'cmi.suspend_data': rw(text(64000)),
      'cmi.progress_measure': rw(real(0, 1)),
      'cmi.score.scaled': rw(real(-1, 1)),
      'cmi.score.raw': rw(number),
      'cmi.score.min': rw(number),
      'cmi.score.max': rw(number),
      'cmi.learner_preference.audio_level': rw(real(0, Infinity), '1'),
      'cmi.learner_preference.language': rw(text(250), ''),
      'cmi.learner_preference.delivery_speed': rw(real(0, Infinity), '1'),
      'cmi.learner_preference.audio_captioning': rw(words('-1', '0', '1'), '0'),
      'cmi.objectives.n.id': rw(id),
      'cmi.objectives.n.score.scaled': rw(real(-1, 1)),
      'cmi.objectives.n.score.raw': rw(number),
      'cmi.objectives.n.score.min': rw(number),
      'cmi.objectives.n.score.max': rw(number),
      'cmi.objectives.n.success_status': rw(success, 'unknown'),
      'cmi.objectives.n.completion_status': rw(completion, 'unknown'),
      'cmi.objectives.n.progress_measure': rw(real(0, 1)),
      'cmi.objectives.n.description': rw(any),
      'cmi.interactions.n.id': rw(id),
      'cmi.interactions.n.type': rw(words('true-false', 'choice', 'fill-in', 'long-fill-in', 'likert', 'matching', 'performance', 'sequencing', 'numeric', 'other')),
      'cmi.interactions.n.objectives.n.id': rw(id),
      'cmi.interactions.n.timestamp': rw(moment),
      'cmi.interactions.n.correct_responses.n.pattern': rw(any),
      'cmi.interactions.n.weighting': rw(number),
      'cmi.interactions.n.learner_response': rw(any),
      'cmi.interactions.n.result': rw(v => ['correct', 'incorrect', 'unanticipated', 'neutral'].includes(v) ? '0' : number(v)),
      'cmi.interactions.n.latency': rw(duration),
      'cmi.interactions.n.description': rw(any),
      'cmi.comments_from_learner.n.comment': rw(any),
      'cmi.comments_from_learner.n.location': rw(any),
      'cmi.comments_from_learner.n.timestamp': rw(moment),
      'cmi.comments_from_lms.n.comment': ro(),
      'cmi.comments_from_lms.n.location': ro(),
      'cmi.comments_from_lms.n.timestamp': ro(),
      'adl.nav.request': rw(wish, '_none_'),
      'adl.nav.request_valid.continue': ro('unknown'),
      'adl.nav.request_valid.previous': ro('unknown'),
      'adl.data.n.id': ro(),
      'adl.data.n.store': rw(any)
    }
  }

  const model = modern ? scorm2004() : scorm12()
  const values = new Map()
  const counts = new Map()

  // children are the names below a part of the model: what _children gives.
  const children = part => [...new Set(Object.keys(model)
    .filter(k => k.startsWith(part + '.'))
    .map(k => k.slice(part.length + 1).replace(/^n\./, '').split('.')[0])
    .filter(k => !k.startsWith('_')))]
  const isList = part => Object.keys(model).some(k => k.startsWith(part + '.n.'))
  const shape = element => element.replace(/\.\d+(?=\.|$)/g, '.n')

  // within tells whether every index in an element is one of an entry that is
  // there; a set may begin the next one.
  const within = (element, setting) => {
    for (const found of element.matchAll(/\.(\d+)(?=\.|$)/g)) {
      const have = counts.get(element.slice(0, found.index)) ?? 0
      if (Number(found[1]) > have || (!setting && Number(found[1]) === have)) return false
    }
    return true
  }

  const answer = element => {
    const s = shape(element)
    const cut = s.lastIndexOf('.')
    const part = s.slice(0, cut)
    const last = s.slice(cut + 1)
    if (/^adl\.nav\.request_valid\.(choice|jump)\.\{target=[^}]*\}$/.test(element)) return ['0', 'unknown']
    if (last === '_children' && children(part).length) return ['0', children(part).join(',')]
    if (last === '_count' && isList(part)) return ['0', String(counts.get(element.slice(0, element.lastIndexOf('.'))) ?? 0)]
    const line = model[s]
    if (!line) return [unknown(s, part, last), '']
    if (!within(element, false)) return [modern ? '301' : '201', '']
    if (!line.get) return [modern ? '405' : '404', '']
    const value = values.get(element) ?? line.first
    return value === undefined ? ['403', ''] : ['0', value]
  }

  const unknown = (s, part, last) => {
    if (last === '_children' && model[part]) return modern ? '301' : '202'
    if (last === '_count' && (model[part] || children(part).length)) return modern ? '301' : '203'
    return modern ? '401' : (s.startsWith('cmi.') ? '401' : '201')
  }

  const store = (element, value) => {
    const s = shape(element)
    const last = s.slice(s.lastIndexOf('.') + 1)
    if (last.startsWith('_')) return modern ? '404' : '402'
    const line = model[s]
    if (!line) return unknown(s, '', last)
    if (!line.set) return modern ? '404' : '403'
    if (!within(element, true)) return modern ? '351' : '201'
    const error = line.type(value)
    if (error !== '0') return error
    const entry = /^(cmi\.(?:objectives|interactions))\.(\d+)\.(?!id$)/.exec(element)
    if (modern && entry && !values.has(entry[1] + '.' + entry[2] + '.id')) return '408'
    for (const found of element.matchAll(/\.(\d+)(?=\.|$)/g)) {
      const list = element.slice(0, found.index)
      counts.set(list, Math.max(counts.get(list) ?? 0, Number(found[1]) + 1))
    }
    if (values.size < 10000) values.set(element, value)
    return '0'
  }

  const texts = modern
    ? { 0: 'No Error', 101: 'General Exception', 103: 'Already Initialized', 104: 'Content Instance Terminated', 112: 'Termination Before Initialization', 113: 'Termination After Termination', 122: 'Retrieve Data Before Initialization', 123: 'Retrieve Data After Termination', 132: 'Store Data Before Initialization', 133: 'Store Data After Termination', 142: 'Commit Before Initialization', 143: 'Commit After Termination', 201: 'General Argument Error', 301: 'General Get Failure', 351: 'General Set Failure', 401: 'Undefined Data Model Element', 402: 'Unimplemented Data Model Element', 403: 'Data Model Element Value Not Initialized', 404: 'Data Model Element Is Read Only', 405: 'Data Model Element Is Write Only', 406: 'Data Model Element Type Mismatch', 407: 'Data Model Element Value Out Of Range', 408: 'Data Model Dependency Not Established' }
    : { 0: 'No error', 101: 'General exception', 201: 'Invalid argument error', 202: 'Element cannot have children', 203: 'Element not an array - cannot have count', 301: 'Not initialized', 401: 'Not implemented error', 402: 'Invalid set value, element is a keyword', 403: 'Element is read only', 404: 'Element is write only', 405: 'Incorrect Data Type' }

  let state = 'before'
  let last = '0'
  const prefix = modern ? '' : 'LMS'
  // early and late are the errors of a call at the wrong time: in SCORM 1.2 there
  // is one for all.
  const timely = (early, late) => state === 'running' ? '0' : !modern ? '301' : state === 'before' ? early : late

  const settle = (name, error, element) => {
    last = error
    report(prefix + name, error, element)
    return error === '0' ? 'true' : 'false'
  }
  const blank = v => v === undefined || v === null || String(v) === ''

  const calls = {
    Initialize: v => {
      const error = !blank(v) ? '201' : state === 'before' ? '0' : !modern ? '101' : state === 'running' ? '103' : '104'
      if (error === '0') state = 'running'
      return settle('Initialize', error)
    },
    [modern ? 'Terminate' : 'Finish']: v => {
      const error = !blank(v) ? '201' : timely('112', '113')
      if (error === '0') state = 'over'
      return settle(modern ? 'Terminate' : 'Finish', error)
    },
    GetValue: element => {
      element = String(element ?? '')
      let error = timely('122', '123')
      let value = ''
      if (error === '0') [error, value] = element === '' ? [modern ? '301' : '201', ''] : answer(element)
      last = error
      if (error !== '0') report(prefix + 'GetValue', error, element)
      return value
    },
    SetValue: (element, value) => {
      element = String(element ?? '')
      let error = timely('132', '133')
      if (error === '0') error = element === '' ? (modern ? '351' : '201') : store(element, String(value ?? ''))
      return error === '0' ? (last = error, 'true') : settle('SetValue', error, element)
    },
    Commit: v => {
      const error = !blank(v) ? '201' : timely('142', '143')
      return error === '0' ? (last = error, 'true') : settle('Commit', error)
    },
    GetLastError: () => last,
    GetErrorString: code => texts[String(code)] ?? '',
    GetDiagnostic: code => texts[blank(code) ? last : String(code)] ?? ''
  }

  const api = modern ? { version: '1.0' } : {}
  for (const [name, call] of Object.entries(calls)) api[prefix + name] = call
  window[modern ? 'API_1484_11' : 'API'] = api
})()
