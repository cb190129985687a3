package packagecheck

func (c *checker) pdf(head []byte) error { return nil }
func (c *checker) oldOffice()            {}
func (c *checker) bareXML() error        { return nil }
func (c *checker) manifest() error       { return nil }
func (c *checker) read() error           { return nil }
func (c *checker) tracking()             {}
func (c *checker) outside()              {}
func (c *checker) hosts()                {}
func looksLikeXML(head []byte) bool      { return false }
func begins(head []byte) string          { return "" }
