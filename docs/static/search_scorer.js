// How the search ranks what it found. What tells how to do something, or what an option does, comes before the reference
// of the Python modules, and that before what was decided and measured: a page of the record says every word somewhere.
var Scorer = {
  score: (result) => {
    const [docname, , , , score, , kind] = result;
    const record =
      /^(decisions\/|changelog$|benchmarks$|tuning_benchmark$|viseme_map_benchmark$|faults$|hostile_inputs$|audio$|design$)/;
    if (record.test(docname)) return score - 1000;
    if (docname.startsWith("reference/")) return score - 100;
    // An option that is spelt out comes first; a word that is part of its name comes after what tells of the matter.
    if (kind === "index" && score < 100) return score - 100;
    return score;
  },
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
