package programme

var diagramWords = []string{"end"}
