// Original file: schema/plugin/v1/plugin.proto


export interface HealthRequestInput {
}

export interface HealthRequest {
}
