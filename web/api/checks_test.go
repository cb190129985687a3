package api_test

import (
	"bytes"
	"net/http"
	"testing"

	"github.com/leadership-ladder/rung/authoring/packagecheck/packagetest"
)

func TestPackageCheck(t *testing.T) {
	w := newWorld(t)
	id := w.Draft(t, "Leading a Handover")
	path := proposalPath(id)
	done := w.as("anna", "GET", path+"/package-check", nil).expect(http.StatusOK)
	done.says("done", "state").says("ok", "report", "verdict").says(done.at("version"), "report", "version")
	w.as("edgar", "GET", path+"/package-check", nil).refuses(http.StatusNotFound, "not_found")

	_, _, err := w.Server.Authoring.AttachPackage(t.Context(), actor(w, "anna"), id, 0, "broken.zip", bytes.NewReader(packagetest.Broken()))
	w.must(err)
	w.as("anna", "GET", path+"/package-check", nil).expect(http.StatusOK).says("queued", "state").says(nil, "report").says(nil, "finished_at")
	submit := func() *answer {
		return w.as("anna", "POST", path+"/revisions", object{"seen": object{"state": "draft", "revision": 0}})
	}
	submit().refuses(http.StatusConflict, "refused", "check_running")
	w.CheckPackages(t)
	found := w.as("anna", "GET", path+"/package-check", nil).expect(http.StatusOK).says("fail", "report", "verdict").says("error", "report", "findings", 0, "severity")
	for _, property := range []string{"id", "area", "message", "why", "fix", "rule"} {
		if text, _ := found.at("report", "findings", 0, property).(string); text == "" {
			t.Errorf("the finding has no %s in\n%s", property, found.Raw)
		}
	}
	submit().refuses(http.StatusConflict, "refused", "package_zip_duplicate_name")
	w.as("anna", "GET", path+"/readiness", nil).expect(http.StatusOK).says(false, "ready").says("package", "reasons", 0, "field")

	w.put("anna", path+"/package", "mended.zip", bytes.NewReader(packagetest.SCORM12("Mended")), w.tagOf("anna", path+"/draft")).expect(http.StatusOK)
	submit().expect(http.StatusCreated)
	for _, who := range []string{"anna", "lena"} {
		w.as(who, "GET", path+"/revisions/1/package-check", nil).expect(http.StatusOK).says("done", "state")
	}
	w.as("lena", "GET", path+"/package-check", nil).refuses(http.StatusForbidden, "forbidden")
	w.as("edgar", "GET", path+"/revisions/1/package-check", nil).refuses(http.StatusNotFound, "not_found")
	w.as("anna", "GET", path+"/revisions/2/package-check", nil).refuses(http.StatusNotFound, "not_found")

	w.DB.MustExec(`update package_checks set state = 'failed', error = 'It could not be read.', verdict = null, report = null`)
	w.as("anna", "GET", path+"/package-check", nil).expect(http.StatusOK).says("failed", "state").says("It could not be read.", "error")
}
