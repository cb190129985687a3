package packagecheck

import (
	"bytes"
	"path"
	"strings"

	"github.com/leadership-ladder/rung/authoring/packagecheck/webpage"
)

// What a file is that no page, picture, media or data is.
const (
	flashKind  = "Flash"
	serverKind = "code for a server"
	runKind    = "an executable"
	nestedKind = "an archive"
)

// oddFile is a file that a package should not have.
type oddFile struct{ path, kind string }

var oddEnds = map[string]string{
	".swf": flashKind, ".exe": runKind, ".dll": runKind, ".bat": runKind, ".cmd": runKind, ".msi": runKind,
	".scr": runKind, ".vbs": runKind, ".ps1": runKind, ".jar": runKind, ".apk": runKind,
	".sh": runKind, ".dmg": runKind, ".deb": runKind, ".rpm": runKind, ".hta": runKind, ".pif": runKind,
	".php": serverKind, ".php3": serverKind, ".php5": serverKind, ".phtml": serverKind, ".asp": serverKind,
	".aspx": serverKind, ".ashx": serverKind, ".jsp": serverKind, ".jspx": serverKind, ".cgi": serverKind, ".cfm": serverKind,
	".zip": nestedKind, ".rar": nestedKind, ".7z": nestedKind, ".gz": nestedKind, ".tgz": nestedKind, ".tar": nestedKind,
}

var oddHeads = []struct{ head, kind string }{
	{"FWS", flashKind}, {"CWS", flashKind}, {"ZWS", flashKind},
	{"\x7fELF", runKind}, {"\xfe\xed\xfa\xce", runKind}, {"\xfe\xed\xfa\xcf", runKind},
	{"\xce\xfa\xed\xfe", runKind}, {"\xcf\xfa\xed\xfe", runKind},
	{"#!/bin/", runKind}, {"#!/usr/bin/env ", runKind}, {"#!/usr/bin/", runKind},
	{"Rar!\x1a\x07", nestedKind}, {"7z\xbc\xaf\x27\x1c", nestedKind},
}

// oddKind tells by the name and the first bytes what a file is that a package
// should not have, empty where there is nothing odd. kind is that of a text.
func oddKind(p string, head []byte, kind webpage.Kind) string {
	ext := strings.ToLower(path.Ext(p))
	if odd := oddEnds[ext]; odd != "" {
		return odd
	}
	switch ext {
	case ".pl", ".py", ".rb": // a lesson on programming has such files to read
		if bytes.HasPrefix(head, []byte("#!")) || bytes.Contains(head, []byte("Content-Type:")) {
			return serverKind
		}
		return ""
	}
	if kind != "" {
		if kind == webpage.HTML && bytes.HasPrefix(bytes.TrimSpace(head), []byte("<?php")) {
			return serverKind
		}
		return ""
	}
	for _, odd := range oddHeads {
		if strings.HasPrefix(odd.head, "#!") && (ext == ".txt" || ext == ".md") {
			continue // a text to read
		}
		if bytes.HasPrefix(head, []byte(odd.head)) && (odd.kind != flashKind || len(head) > 8 && head[3] < 64) {
			return odd.kind
		}
	}
	if bytes.HasPrefix(head, []byte("MZ")) && windowsProgram(head) {
		return runKind
	}
	return ""
}

// windowsProgram tells a program from a text that begins with MZ.
func windowsProgram(head []byte) bool {
	if len(head) < 64 {
		return false
	}
	at := int(head[60]) | int(head[61])<<8
	return at+4 <= len(head) && bytes.Equal(head[at:at+4], []byte("PE\x00\x00"))
}
