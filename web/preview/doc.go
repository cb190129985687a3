// Package preview shows uploaded packages as learners would see them, at a host
// name of their own: nothing of Rung's session is there, to be read or sent.
//
// A page of Rung makes a link for who may see the package ([Server.Link]): a
// path prefix that is sealed and ends after a while, and a minute after the
// person may no longer see it ([Server.May]). Below it are
//
//	/p/TOKEN/           the shell: a frame for the content, and the stand-in for the host
//	/p/TOKEN/files/…    the files of the package, out of the zip file as it lies
//	/p/TOKEN/fetch/…    cmi5's fetch URL, one for each launch of a unit
//	/p/TOKEN/xapi/…     as much of a learning record store as cmi5 needs
//	/p/TOKEN/reported   the statements in it and what it refused, for the shell
//	/p/TOKEN/ended      where a cmi5 unit goes when it is done
//
// and nothing else is answered at that host but its own scripts and the two
// questions of a load balancer. There are no cookies: none is set, none is read.
//
// What may come from elsewhere: pictures, films, fonts, styles, scripts and
// frames by https, because learners will see them too, and a reviewer has to see
// what they see; whoever serves them learns of the visit, as of a learner's.
// What scripts and forms send goes to their own host alone, so no statement of a
// preview ends up in somebody's real records, and nothing may lead the
// reviewer's window away.
//
// The storage of a browser (localStorage and the like) and its cookies belong to
// the whole host. Each new start of a shell clears what the one before left, where
// the browser knows how to (Clear-Site-Data, over https or on the machine itself);
// two previews that are open at once share it. Nothing of Rung's is in there. No
// package installs a service worker, which would answer for the others.
//
// Windows that a course opens find their host through their opener, as on many
// LMSs, so a page with the frame has the opener policy same-origin-allow-popups.
// They keep the sandbox where they show the package; what they show of elsewhere
// is free of it, and whether it may lead Rung's window away is the browser's to
// say: Chromium doesn't let it.
//
// The stand-ins for SCORM are scorm-again's, in the browser. xAPI needs a
// server: what a course stores is kept in the table preview_records, which only
// this package writes, until its link has ended, bounded for each preview and for
// all of a person's together. It is as strict as hosts are: a course that passes
// here by accident fails its learners.
package preview
