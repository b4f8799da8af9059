/** Run for each file of tests; what it imports is loaded once. */
import './properties.ts'
