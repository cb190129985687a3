package browser

import (
	"fmt"
	"strings"
	"testing"

	"github.com/leadership-ladder/rung/authoring/packagecheck"
)

// Each line is a call of the interface, what it gives, and the error code after
// it. They run in one session, in this order.
const calls12 = `
LMSGetValue("cmi.core.student_id")                          || 301
LMSCommit("")                                               |false| 301
LMSFinish("")                                               |false| 301
LMSInitialize("x")                                          |false| 201
LMSInitialize("")                                           |true| 0
LMSInitialize("")                                           |false| 101
LMSGetValue("cmi._version")                                 |3.4| 0
LMSGetValue("cmi.core._children")                           |student_id,student_name,lesson_location,credit,lesson_status,entry,score,total_time,lesson_mode,exit,session_time| 0
LMSGetValue("cmi.core.score._children")                     |raw,max,min| 0
LMSGetValue("cmi.core.entry")                               |ab-initio| 0
LMSGetValue("cmi.core.lesson_mode")                         |normal| 0
LMSGetValue("cmi.core.credit")                              |credit| 0
LMSGetValue("cmi.core.lesson_status")                       |not attempted| 0
LMSGetValue("cmi.core.exit")                                || 404
LMSGetValue("cmi.core.lesson_status._children")             || 202
LMSGetValue("cmi.core.score._count")                        || 203
LMSGetValue("cmi.nothing")                                  || 401
LMSGetValue("nothing")                                      || 201
LMSSetValue("cmi.core._children", "x")                      |false| 402
LMSSetValue("cmi.core.student_name", "x")                   |false| 403
LMSSetValue("cmi.core.score.raw", "x")                      |false| 405
LMSSetValue("cmi.core.score.raw", 80)                       |true| 0
LMSGetValue("cmi.core.score.raw")                           |80| 0
LMSSetValue("cmi.core.session_time", "00:01:30")            |true| 0
LMSSetValue("cmi.core.session_time", "PT1M")                |false| 405
LMSSetValue("cmi.suspend_data", "x".repeat(4096))           |true| 0
LMSSetValue("cmi.suspend_data", "x".repeat(4097))           |false| 405
LMSGetValue("cmi.interactions._count")                      |0| 0
LMSSetValue("cmi.interactions.1.id", "b")                   |false| 201
LMSSetValue("cmi.interactions.0.id", "a")                   |true| 0
LMSSetValue("cmi.interactions.0.correct_responses.0.pattern", "a") |true| 0
LMSGetValue("cmi.interactions._count")                      |1| 0
LMSGetValue("cmi.interactions.0.id")                        || 404
LMSGetErrorString("301")                                    |Not initialized| 404
LMSCommit("")                                               |true| 0
LMSFinish("")                                               |true| 0
LMSGetValue("cmi.core.entry")                               || 301
LMSFinish("")                                               |false| 301`

const calls2004 = `
GetValue("cmi.learner_id")                                  || 122
SetValue("cmi.exit", "normal")                              |false| 132
Commit("")                                                  |false| 142
Terminate("")                                               |false| 112
Initialize("")                                              |true| 0
Initialize("")                                              |false| 103
GetValue("cmi._version")                                    |1.0| 0
GetValue("cmi.learner_name")                                |Learner, Test| 0
GetValue("cmi.entry")                                       |ab-initio| 0
GetValue("cmi.completion_status")                           |unknown| 0
GetValue("cmi.location")                                    || 403
GetValue("cmi.exit")                                        || 405
GetValue("cmi.nothing")                                     || 401
GetValue("")                                                || 301
GetValue("cmi.objectives.0.id")                             || 301
GetValue("cmi.score._children")                             |scaled,raw,min,max| 0
SetValue("cmi.score._children", "x")                        |false| 404
SetValue("cmi.learner_id", "x")                             |false| 404
SetValue("", "x")                                           |false| 351
SetValue("cmi.score.scaled", "2")                           |false| 407
SetValue("cmi.score.scaled", "high")                        |false| 406
SetValue("cmi.score.scaled", 0.5)                           |true| 0
SetValue("cmi.session_time", "PT1H5M3.25S")                 |true| 0
SetValue("cmi.session_time", "00:01:00")                    |false| 406
SetValue("cmi.objectives.0.success_status", "passed")       |false| 408
SetValue("cmi.objectives.1.id", "two")                      |false| 351
SetValue("cmi.objectives.0.id", "one")                      |true| 0
SetValue("cmi.objectives.0.success_status", "passed")       |true| 0
GetValue("cmi.objectives._count")                           |1| 0
SetValue("cmi.interactions.0.id", "q")                      |true| 0
SetValue("cmi.interactions.0.timestamp", "2026-03-01T10:00:00") |true| 0
SetValue("adl.nav.request", "exitAll")                      |true| 0
GetValue("adl.nav.request_valid.continue")                  |unknown| 0
Commit("")                                                  |true| 0
Terminate("")                                               |true| 0
GetValue("cmi.entry")                                       || 123
SetValue("cmi.exit", "normal")                              |false| 133
Commit("")                                                  |false| 143
Terminate("")                                               |false| 113
Initialize("")                                              |false| 104`

func TestInterfaces(t *testing.T) {
	t.Parallel()
	for _, run := range []struct {
		kind         packagecheck.Kind
		prefix, list string
	}{
		{packagecheck.SCORM12, "LMS", calls12},
		{packagecheck.SCORM2004, "", calls2004},
	} {
		var script strings.Builder
		lines := strings.Split(strings.TrimSpace(run.list), "\n")
		for _, line := range lines {
			parts := strings.Split(line, "|")
			fmt.Fprintf(&script, "test(%q, () => api.%s, %q, %q)\n", strings.TrimSpace(parts[0]), strings.TrimSpace(parts[0]), parts[1], strings.TrimSpace(parts[2]))
		}
		f := files{"a.html": markup(find + `<script>
			const fail = text => setTimeout(() => { throw new Error(text) })
			const test = (name, call, value, code) => {
				const got = call(), error = api.` + run.prefix + `GetLastError()
				if (got !== value || error !== code) fail(name + " gave " + got + " and " + error + ", want " + value + " and " + code)
			}
			` + script.String() + `</script>`)}
		got := look(t, Options{}, run.kind, f, sco("a.html")).Seen[0]
		for _, e := range got.Errors {
			t.Errorf("%s: %s", run.kind, e.Text)
		}
		if !got.Initialized || !got.Terminated || len(got.Misuse) == 0 {
			t.Errorf("%s: initialized %t, terminated %t, misuse %v: want a session with misuse", run.kind, got.Initialized, got.Terminated, got.Misuse)
		}
	}
}
