// Package preview shows uploaded packages as learners would see them, at a host
// name of their own: nothing of Rung's session is there, to be read or sent.
//
// A page of Rung makes a link for who may see the package ([Server.Link]): a
// path prefix that is signed and ends after a while. Below it are
//
//	/p/TOKEN/           the shell: a frame for the content, and the stand-in for the host
//	/p/TOKEN/files/…    the files of the package, out of the zip file as it lies
//	/p/TOKEN/fetch      cmi5's fetch URL
//	/p/TOKEN/xapi/…     as much of a learning record store as cmi5 needs
//	/p/TOKEN/reported   the statements in it, for the shell
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
// The storage of a browser (localStorage and the like) belongs to the whole
// host. Each new start of a shell clears what the one before left, where the
// browser knows how to (Clear-Site-Data, over https or on the machine itself);
// two previews that are open at once share it. Nothing of Rung's is in there.
//
// The stand-ins for SCORM are scorm-again's, in the browser. xAPI needs a
// server: what a course stores is kept in the table preview_records until its
// link has ended, bounded in size.
package preview
