package catalogue

import "testing"

func TestInertCells(t *testing.T) {
	for cell, want := range map[string]string{
		"Leading a handover": "Leading a handover", "": "", "5 of 255": "5 of 255",
		"=1+1": "'=1+1", "+44": "'+44", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)", "\t=1": "'\t=1",
		"  =1": "'  =1", "\n@x": "'\n@x", "＝1": "'＝1",
	} {
		if got := inert(cell); got != want {
			t.Errorf("inert(%q) = %q, want %q", cell, got, want)
		}
	}
}

func TestSafeName(t *testing.T) {
	for name, want := range map[string]string{
		"module.zip": "module.zip", `C:\Users\me\module.zip`: "module.zip", "../../etc/passwd": "passwd",
		"": "package.zip", "..": "package.zip", "a\x00b\u202egpj.zip": "a-b-gpj.zip", "what?.zip": "what-.zip",
	} {
		if got := safeName(name); got != want {
			t.Errorf("safeName(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestEditionNames(t *testing.T) {
	got := inWords(editionNames([]string{"scorm_1_2", "scorm_2004_2", "scorm_2004_4", "cmi5"}))
	if want := "SCORM 1.2, SCORM 2004 2nd edition, SCORM 2004 4th edition and CMI5"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
