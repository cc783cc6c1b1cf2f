// Original file: schema/plugin/v1/plugin.proto


/**
 * Plain words.
 */
export interface TextInput {
}

/**
 * Plain words.
 */
export interface Text {
}
