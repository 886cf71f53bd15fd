<?php

const HELP = 'tea';
