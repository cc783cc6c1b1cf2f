// Original file: schema/plugin/v1/plugin.proto


export interface AbortInput {
}

export interface Abort {
}
