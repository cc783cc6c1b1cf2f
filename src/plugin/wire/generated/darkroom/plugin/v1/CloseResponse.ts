// Original file: schema/plugin/v1/plugin.proto


export interface CloseResponseInput {
}

export interface CloseResponse {
}
