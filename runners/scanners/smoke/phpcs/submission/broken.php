<?php
function f() { $x = ; }
