package webpage

import "bytes"

// marks are the words that were seen in one script: some mean something by
// themselves, others only together.
type marks struct {
	talk Talk
	// Words of which one alone is too common to mean anything.
	lms, initialize, terminate, setValue      bool
	fetch, endpoint, registration, activityID bool
	lessonStatus, score, scaled, completion   bool
	passed, completed                         bool // a string of this word alone
	aiccScore, aiccTime                       bool
}

// words looks at the words in a string: a name may be in a longer one, such as
// “cmi.core.score.raw”, or in code that is kept as a string.
func (s *script) words(text []byte) {
	s.t.Frames = s.t.Frames || bytes.Contains(text, []byte("<iframe"))
	switch string(text) {
	case "iframe":
		s.t.Frames = true
	case "passed", "failed":
		s.seen.passed = true
	case "completed":
		s.seen.completed = true
	}
	for i := 0; i < len(text); {
		if !isWord(text[i]) {
			i++
			continue
		}
		end := i + 1
		for end < len(text) && isWord(text[end]) {
			end++
		}
		s.seen.word(text[i:end], true)
		s.seen.inText(text, i, end)
		i = end
	}
}

// word looks at one word, of code or of a string.
func (m *marks) word(w []byte, inText bool) {
	if len(w) < 3 || len(w) > 40 {
		return
	}
	switch string(w) {
	case "LMS":
		m.lms = m.lms || inText
	case "LMSInitialize":
		m.talk.SCORM12 = true
	case "LMSSetValue", "LMSGetValue", "LMSCommit", "LMSFinish":
		m.talk.Values = true
	case "API_1484_11", "1484_11":
		m.talk.SCORM2004 = true
	case "pipwerks": // the wrapper that most hand-made courses have; it speaks both
		m.talk.SCORM12, m.talk.SCORM2004 = true, true
	case "Initialize":
		m.initialize = true
	case "Terminate":
		m.terminate = true
	case "SetValue":
		m.setValue = true
	case "TinCan", "XAPIWrapper", "xAPIWrapper":
		m.talk.XAPI = true
	case "fetch":
		m.fetch = true
	case "endpoint":
		m.endpoint = true
	case "registration":
		m.registration = true
	case "activityId":
		m.activityID = true
	case "completion_status":
		m.talk.Completion = true
	case "success_status":
		m.talk.Success = true
	case "session_time":
		m.talk.Time = true
	case "scaled":
		m.scaled = true
	case "score":
		m.score = true
	case "completion":
		m.completion = true
	default:
		m.folded(w, inText)
	}
}

// folded looks at words that are written with small or capital letters.
func (m *marks) folded(w []byte, inText bool) {
	switch w[0] | 0x20 {
	case 'l':
		m.lessonStatus = m.lessonStatus || fold(w, "lesson_status")
	case 'a':
		m.talk.AICC = m.talk.AICC || fold(w, "aicc_sid") || fold(w, "aicc_url")
	case 'p':
		m.talk.AICC = m.talk.AICC || fold(w, "putparam")
	case 'e':
		m.talk.AICC = m.talk.AICC || fold(w, "exitau")
	case 'c':
		m.talk.CMI5 = m.talk.CMI5 || !inText && len(w) >= 4 && fold(w[:4], "cmi5")
	}
}

// inText looks at a word of a string together with what is around it.
func (m *marks) inText(text []byte, from, to int) {
	before, after := text[:from], text[to:]
	switch string(text[from:to]) {
	case "Experience":
		m.talk.XAPI = m.talk.XAPI || bytes.HasPrefix(after, []byte("-API-Version"))
	case "cmi5":
		m.talk.CMI5 = m.talk.CMI5 || bytes.HasSuffix(before, []byte("xapi/"))
	case "verbs":
		m.talk.XAPI = m.talk.XAPI || bytes.HasSuffix(before, []byte("expapi/"))
	case "completed":
		m.talk.Completion = m.talk.Completion || bytes.HasSuffix(before, []byte("verbs/"))
	case "passed", "failed":
		m.talk.Success = m.talk.Success || bytes.HasSuffix(before, []byte("verbs/"))
	case "score":
		m.talk.Score = m.talk.Score || bytes.HasPrefix(after, []byte(".raw")) || bytes.HasPrefix(after, []byte(".scaled")) ||
			bytes.HasSuffix(before, []byte("cmi.")) || bytes.HasSuffix(before, []byte("core."))
	case "Score", "SCORE":
		m.aiccScore = m.aiccScore || bytes.HasPrefix(after, []byte("="))
	case "Time", "TIME":
		m.aiccTime = m.aiccTime || bytes.HasPrefix(after, []byte("="))
	}
}

// settle adds to t what the words come to together.
func (m *marks) settle(t *Talk) {
	k := m.talk
	t.SCORM12 = t.SCORM12 || k.SCORM12 || m.lms && m.initialize
	t.SCORM2004 = t.SCORM2004 || k.SCORM2004 || m.initialize && m.terminate && m.setValue
	t.CMI5 = t.CMI5 || k.CMI5 || m.fetch && m.endpoint && m.registration && m.activityID
	t.XAPI = t.XAPI || k.XAPI
	t.AICC = t.AICC || k.AICC
	t.Values = t.Values || k.Values
	statements := k.XAPI || k.CMI5 // their verbs are often put together: a base, and the word
	t.Completion = t.Completion || k.Completion || m.lessonStatus || statements && (m.completion || m.completed)
	t.Success = t.Success || k.Success || (m.lessonStatus || statements) && m.passed
	t.Score = t.Score || k.Score || m.score && m.scaled && statements || k.AICC && m.aiccScore
	t.Time = t.Time || k.Time || k.AICC && m.aiccTime
}

func fold(w []byte, lower string) bool {
	if len(w) != len(lower) {
		return false
	}
	for i, c := range w {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}
