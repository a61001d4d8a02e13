// Exposes the mouths of "clip": select the drawing node, and run this in Harmony.
// Made by visalign. The drawings are named like the shapes; frames count from 1 at 24 a second.
function visalign_mouths() {
    var KEYS = [[1, 9, "X"], [10, 12, "A"], [13, 15, "F"], [16, 20, "G"], [21, 22, "C"], [23, 24, "B"], [25, 26, "G"], [27, 28, "A"], [29, 36, "B"], [37, 47, "X"], [48, 51, "E"], [52, 54, "F"], [55, 60, "X"]]; // [first frame, last frame, drawing]
    if (selection.numberOfNodesSelected() !== 1) {
        MessageBox.information("Select the one node that shows the mouths.");
        return;
    }
    var target = node.linkedColumn(selection.selectedNode(0), "DRAWING.ELEMENT");
    if (!target) {
        MessageBox.information("This node shows no drawings.");
        return;
    }
    scene.beginUndoRedoAccum("visalign mouths");
    for (var i = 0; i < KEYS.length; i++) {
        for (var frame = KEYS[i][0]; frame <= KEYS[i][1]; frame++) {
            column.setEntry(target, 1, frame, KEYS[i][2]);
        }
    }
    scene.endUndoRedoAccum();
}
visalign_mouths();
