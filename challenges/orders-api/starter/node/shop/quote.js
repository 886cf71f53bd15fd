/** Read an order as JSON from stdin and print its quote (section 3 of the brief). */
throw new Error("not written yet");
