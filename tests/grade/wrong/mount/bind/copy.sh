echo two > stage/src/f
cp stage/src/f stage/view/f; chmod a-w stage/view stage/view/f
