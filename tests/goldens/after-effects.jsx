// Shows the mouths of "clip": select the layer whose frames are the drawings, and run this.
// Made by visalign. Frame 0 of the layer is the first of SHAPES, frame 1 the second, and so on.
(function () {
    var SHAPES = ["A", "B", "C", "D", "E", "F", "G", "H", "X"];
    var KEYS = [[0.0, 8], [0.375, 0], [0.5, 5], [0.625, 6], [0.833333, 2], [0.916667, 1], [1.0, 6], [1.083333, 0], [1.166667, 1], [1.5, 8], [1.958333, 4], [2.125, 5], [2.25, 8]]; // [seconds, number of the shape]
    var comp = app.project.activeItem;
    if (!comp || !comp.selectedLayers || comp.selectedLayers.length !== 1) {
        alert("Select the one layer whose frames are the mouths: " + SHAPES.join(" "));
        return;
    }
    var layer = comp.selectedLayers[0];
    if (!layer.canSetTimeRemapEnabled) {
        alert("The time of this layer can't be remapped; put the mouths into a composition of their own.");
        return;
    }
    app.beginUndoGroup("visalign mouths");
    layer.timeRemapEnabled = true;
    var remap = layer.property("ADBE Time Remapping");
    while (remap.numKeys > 1) {
        remap.removeKey(remap.numKeys);
    }
    for (var i = 0; i < KEYS.length; i++) {
        // The middle of a frame, which no rounding moves to its neighbour.
        remap.setValueAtTime(KEYS[i][0], (KEYS[i][1] + 0.5) * layer.source.frameDuration);
    }
    for (var k = 1; k <= remap.numKeys; k++) {
        remap.setInterpolationTypeAtKey(k, KeyframeInterpolationType.HOLD, KeyframeInterpolationType.HOLD);
    }
    app.endUndoGroup();
})();
